// Where the time of requests goes: the map from endpoints to what they wait for, and the table of that.
import {draw, find, make, picture} from "./dom.js";
import {count, percent, seconds, times} from "./format.js";
import {makeTable, wordColumn} from "./table.js";

const MOST = 8; // of each side
const GAP = 10;

// The larger ones, in order of size, and what the others are together.
function largest(sums) {
    const sorted = [...sums].sort((a, b) => b[1] - a[1]);
    const shown = sorted.slice(0, MOST);
    const rest = sorted.slice(MOST).reduce((sum, [, size]) => sum + size, 0);
    return rest ? [...shown, ["(others)", rest]] : shown;
}

function sumBy(list, key) {
    const sums = new Map();
    for (const one of list) sums.set(one[key], (sums.get(one[key]) ?? 0) + one.seconds);
    return sums;
}

// The nodes of a side, one below the other: name -> {y, size, used}.
function place(sides, height, scale) {
    let y = (height - sides.reduce((sum, [, size]) => sum + size * scale + GAP, -GAP)) / 2;
    return new Map(sides.map(([name, size]) => {
        const node = {y, size: size * scale, used: 0};
        y += node.size + GAP;
        return [name, node];
    }));
}

function ribbon(left, right, size, from, to) {
    const [a, b] = [left.y + left.used, right.y + right.used];
    left.used += size;
    right.used += size;
    const middle = (from + to) / 2;
    return `M${from} ${a}C${middle} ${a} ${middle} ${b} ${to} ${b}V${b + size}`
        + `C${middle} ${b + size} ${middle} ${a + size} ${from} ${a + size}Z`;
}

const shorten = (text, most) => (text.length <= most ? text : `${text.slice(0, most - 1)}…`);

function paintMap(root, width, height, flows, worst) {
    const [lefts, rights] = [largest(sumBy(flows, "endpoint")), largest(sumBy(flows, "downstream"))];
    const all = flows.reduce((sum, one) => sum + one.seconds, 0);
    const scale = (height - 8 - GAP * (Math.max(lefts.length, rights.length) - 1)) / all;
    const [left, right] = [place(lefts, height, scale), place(rights, height, scale)];
    const margin = Math.min(230, width * 0.33);
    const letters = Math.floor(margin / 6.6);
    const [from, to] = [margin, width - margin];
    for (const {endpoint, downstream, seconds: time} of flows) {
        const [a, b] = [left.get(endpoint) ?? left.get("(others)"), right.get(downstream) ?? right.get("(others)")];
        root.append(draw("path", {
            d: ribbon(a, b, time * scale, from + 6, to - 6), class: downstream === worst ? "ribbon worst" : "ribbon",
        }, draw("title", {}, `${endpoint} waits for ${downstream}: ${percent(time / all)}`)));
    }
    const label = (name, node, at, kind, end) => root.append(
        draw("rect", {x: at, y: node.y, width: 6, height: Math.max(1, node.size), rx: 2, class: `node ${kind}`}),
        draw("text", {x: end ? at - 6 : at + 12, y: node.y + node.size / 2 + 4, class: end ? "end" : ""},
            shorten(name, letters), draw("title", {}, name)));
    for (const [name, node] of left) label(name, node, from, "", true);
    for (const [name, node] of right) label(name, node, to - 6, name === worst ? "worst" : "downstream", false);
}

function showMap({map, downstreams}, {culprit}) {
    const box = find('[data-chart="map"]');
    const flows = [...map].sort((a, b) => b.seconds - a.seconds);
    if (!flows.length) return box.replaceChildren(make("p", {class: "note"}, "No request has waited for a downstream."));
    const worst = downstreams.find(({key}) => key === culprit)?.downstream;
    const nodes = Math.max(sumBy(flows, "endpoint").size, sumBy(flows, "downstream").size, 3);
    const label = `${flows[0].endpoint} waits longest, for ${flows[0].downstream}; the table has the numbers`;
    picture(box, Math.min(340, 40 + nodes * 34), label, (root, width, height) => paintMap(root, width, height, flows, worst));
}

function wordOf({change}) {
    if (!change) return ["–", ""];
    if (!change.enough) return ["too few", "open"];
    if (change.verdict === "slower" && change.ratio >= 1.3) return [`${times(change.ratio)} as before`, "bad"];
    if (change.verdict === "faster" && change.ratio <= 1 / 1.3) return [`${times(change.ratio)} as before`, "good"];
    return ["as before", ""];
}

function paintShare(cell, {share}) {
    const width = 90;
    cell.replaceChildren(draw("svg", {width, height: 14, viewBox: `0 0 ${width} 14`, "aria-hidden": "true"},
        draw("rect", {x: 0, y: 3, width, height: 8, rx: 4, class: "share-ground"}),
        draw("rect", {x: 0, y: 3, width: Math.max(share > 0 ? 2 : 0, Math.min(1, share) * width), height: 8, rx: 4, class: "bar-fill"})));
}

export function makeDownstreams() {
    const update = makeTable(find("#downstreams table"), [
        {title: "Downstream", left: true, value: (one) => one.key, text: (one) => one.key},
        {title: "", left: true, fill: paintShare},
        {title: "Of all time", value: (one) => one.share, text: (one) => percent(one.share)},
        {title: "For each request", value: (one) => one.mean, text: (one) => seconds(one.mean)},
        {title: "99th percentile", value: (one) => one.p99, text: (one) => seconds(one.p99)},
        {title: "Requests", value: (one) => one.count, text: (one) => count(one.count)},
        wordColumn("Change", wordOf),
    ], {sort: 2});
    return (view, answer) => {
        showMap(view, answer);
        update(answer.downstreams.map((one) => ({...one, key: one.downstream})));
    };
}
