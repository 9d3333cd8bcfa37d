// The same for llhttp as it is built into node, by the interface that node's own http module uses. end is "more",
// "close", "upgrade", or llhttp's name for the error.
"use strict";

const { HTTPParser, allMethods: methods } = process.binding("http_parser");
const MAX_HEAD = 1 << 20;

function read(data) {
  const parser = new HTTPParser();
  const requests = [];
  let fields, target, body, request, end;

  function begin() {
    fields = [];
    target = "";
    body = [];
    request = null;
  }

  begin();
  parser.initialize(HTTPParser.REQUEST, {}, MAX_HEAD);
  parser[HTTPParser.kOnHeaders | 0] = (pairs, url) => {
    if (request) return; // trailers
    fields.push(...pairs);
    target += url;
  };
  parser[HTTPParser.kOnHeadersComplete | 0] = (major, minor, pairs, method, url, _c, _m, upgrade, keepAlive) => {
    if (pairs) fields.push(...pairs);
    if (url) target += url;
    const named = [];
    for (let i = 0; i < fields.length; i += 2) named.push([fields[i], fields[i + 1]]);
    request = [methods[method], target, minor, named, ""];
    if (upgrade) end = "upgrade";
    else if (!keepAlive) end = "close";
  };
  parser[HTTPParser.kOnBody | 0] = (piece) => {
    body.push(piece.toString("latin1"));
  };
  parser[HTTPParser.kOnMessageComplete | 0] = () => {
    request[4] = body.join("");
    requests.push(request);
    begin();
  };
  const result = parser.execute(data, 0, data.length);
  if (result instanceof Error && !(end && !request)) end = result.code;
  return [requests, end || "more"];
}

const input = require("fs").readFileSync(0);
const lines = [];
for (let at = 0; at < input.length;) {
  const newline = input.indexOf(10, at);
  const length = Number(input.toString("latin1", at, newline));
  at = newline + 1 + length;
  lines.push(JSON.stringify(read(input.subarray(newline + 1, at))));
}
process.stdout.write(lines.join("\n") + "\n");
