// What the application can be asked for: a row for each route, which opens.
import {ask} from "./api.js";
import {find, keepRows, make, write} from "./dom.js";
import {count, plural, rate, seconds} from "./format.js";
import {addAll, quantiles} from "./histogram.js";
import {named} from "./model.js";
import {group} from "./view.js";

const MOST = 50;
const ENDPOINT = 99; // bytes: so long are the names of endpoints
// A worker that has been started tells its routes when it has loaded the application: seconds to look again.
const LOOKS = [0, 1, 3, 10, 30];

// The name of the endpoint: of a character that is cut, each byte is a question mark.
function endpointOf(route) {
    const bytes = new TextEncoder().encode(route);
    if (bytes.length <= ENDPOINT) return route;
    let end = ENDPOINT;
    while ((bytes[end] & 0xc0) === 0x80) end--;
    return new TextDecoder().decode(bytes.subarray(0, end)) + "?".repeat(ENDPOINT - end);
}

// ---- one route

function copyButton(text) {
    const button = make("button", {type: "button"}, "Copy");
    const done = make("span", {role: "status", class: "copied"});
    button.addEventListener("click", async () => {
        try {
            await navigator.clipboard.writeText(text);
            write(done, "Copied");
        } catch {
            getSelection().selectAllChildren(button.parentNode.querySelector("code"));
            write(done, "Selected");
        }
    });
    return [button, done];
}

const callLine = (text) => make("div", {class: "call"}, make("pre", {}, make("code", {}, text)), ...copyButton(text));

function describe(route) {
    const facts = [
        ["Parameters", route.parameters.map(({name, type}) => `${name}: ${type}`).join(", ")],
        ["Defined", route.defined],
    ].filter(([, text]) => text);
    return [
        route.doc ? make("p", {}, route.doc) : null,
        facts.length ? make("dl", {}, ...facts.map(([name, text]) => make("div", {}, make("dt", {}, name), make("dd", {}, text)))) : null,
        ...route.curl.map(callLine),
        route.curl.length ? null : make("p", {class: "note"}, "No path was found that it would match."),
    ];
}

function makeRow({route}) {
    const methods = make("span", {class: "method"}, route.methods.join(" ") || "any");
    const numbers = make("span", {class: "numbers"});
    const row = make("li", {}, make("details", {}, make("summary", {}, methods, make("code", {}, route.route), numbers), ...describe(route)));
    return {row, update: ({numbers: now}) => write(numbers, now)};
}

// ---- all of them

// A row stays as it is, open or not, while nothing of its route changes but the numbers.
const identify = ({route, methods, parameters, doc, defined, curl}, i) => ({
    key: JSON.stringify([i, route, methods, parameters, doc, defined, curl]),
    text: `${methods.join(" ")} ${route} ${doc ?? ""}`.toLowerCase(),
});

function numbersOf(endpoints) {
    const requests = endpoints.reduce((all, one) => all + one.count, 0);
    if (!requests) return "not asked for";
    const histogram = new Map();
    for (const one of endpoints) addAll(histogram, one.now.histogram);
    const [p50, p99] = quantiles(histogram, [0.5, 0.99]);
    const often = endpoints.reduce((all, one) => all + one.rate, 0);
    return `${count(requests)}×, ${rate(often)}/s, median ${seconds(p50)}, 99th percentile ${seconds(p99)}`;
}

function sayRoutes({app, known, routes, left_out: leftOut}) {
    if (!app) return "No worker has told its routes.";
    if (!known) return `${app} is of no framework whose routes are known: there are only the endpoints above.`;
    return `${app} has ${plural(routes.length + leftOut, "route")}${leftOut ? `, of which ${count(leftOut)} are left out` : ""}.`;
}

export function makeRoutes() {
    const [place, filter, more] = [find("#routes"), find("#routes input"), find("#routes .more")];
    const rows = new Map();
    let told = null, view = null, starts = null, since = 0, looks = [], all = false;

    function show() {
        if (!told) return;
        const byEndpoint = group(view.endpoints.map((one) => ({...one, labels: one})), ({endpoint}) => endpoint);
        const wanted = filter.value.toLowerCase();
        const found = told.routes.filter(({text}) => text.includes(wanted));
        const items = found.slice(0, all ? Infinity : MOST).map((route) => ({
            key: route.key, route, numbers: numbersOf(byEndpoint.get(endpointOf(route.route)) ?? []),
        }));
        write(place.querySelector(".answer"), sayRoutes(told));
        keepRows(place.querySelector("ul"), rows, items, makeRow);
        more.hidden = items.length === found.length;
        write(more, `Show all ${found.length}`);
        filter.parentNode.hidden = told.routes.length < 2;
    }

    async function read() {
        try {
            told = await (await ask("routes.json")).json();
            told.routes.forEach((route, i) => Object.assign(route, identify(route, i)));
            show();
        } catch {
            since = view.model.at; // the server is away, or wants a token: the stream says so
            looks = [...LOOKS];
        }
    }

    filter.addEventListener("input", show);
    more.addEventListener("click", () => {
        all = true;
        show();
    });
    return (now) => {
        view = now;
        const started = named(view.model, "greenroom_worker_starts").reduce((sum, {value}) => sum + value, 0);
        if (started !== starts) [starts, since, looks] = [started, view.model.at, [...LOOKS]];
        if (looks.length && view.model.at >= since + looks[0]) {
            looks.shift();
            read();
        }
        show();
    };
}
