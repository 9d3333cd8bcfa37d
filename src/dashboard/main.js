// The page: what the stream brings becomes a model, the model a view, the view answers, and they are shown.
import {answer} from "./answers.js";
import {setToken} from "./api.js";
import {makeClients} from "./clients.js";
import {find, offer, plain, say, write} from "./dom.js";
import {makeDownstreams} from "./downstreams.js";
import {makeEndpoints} from "./endpoints.js";
import {bytes, count, percent, rate, seconds} from "./format.js";
import {addAll, quantiles} from "./histogram.js";
import {startInFlight} from "./in-flight.js";
import {makeInstances} from "./instances.js";
import {showDistribution, showHeat} from "./latency.js";
import {makeLimits} from "./limits.js";
import {makeModel, take} from "./model.js";
import {showRate} from "./rate.js";
import {makeRoutes} from "./routes.js";
import {startSlowest} from "./slowest.js";
import {follow} from "./stream.js";
import {makeVersions} from "./versions.js";
import {look} from "./view.js";

const model = makeModel();
const options = {period: 60, endpoint: "", before: "", after: ""};

// ---- what is chosen; the endpoint is in the address too, so that a link leads to it

function choose(some) {
    Object.assign(options, some);
    show();
}

function chooseEndpoint(key) {
    history.replaceState(null, "", key ? `#endpoint=${encodeURIComponent(key)}` : " ");
    choose({endpoint: key});
}

// What is not encoded stays as it is, as in "GET /50%".
function decode(text) {
    return text.replace(/(?:%[0-9a-f]{2})+/gi, (part) => {
        try {
            return decodeURIComponent(part);
        } catch {
            return part;
        }
    });
}

function readAddress() {
    const found = /^#endpoint=(.*)$/.exec(location.hash);
    if (found) choose({endpoint: decode(found[1])});
}

const tables = {
    endpoints: makeEndpoints(chooseEndpoint),
    instances: makeInstances(),
    downstreams: makeDownstreams(),
    clients: makeClients(),
    versions: makeVersions(choose),
    limits: makeLimits(),
    routes: makeRoutes(),
};

// ---- showing

function showFigures(view) {
    const all = new Map();
    for (const one of view.endpoints) addAll(all, one.now.histogram);
    const [p50, p99] = quantiles(all, [0.5, 0.99]);
    const sum = (list, key) => list.reduce((total, one) => total + (one[key] ?? 0), 0);
    const requests = sum(view.endpoints, "count");
    const figures = {
        rate: rate(sum(view.endpoints, "rate")), p50: seconds(p50), p99: seconds(p99),
        errors: requests ? percent(sum(view.endpoints, "errors") / requests) : "–",
        flight: count(sum(view.workers, "inFlight")), memory: bytes(sum(view.workers, "resident")),
    };
    for (const [name, text] of Object.entries(figures)) write(find(`[data-figure="${name}"]`), text);
}

function offerEndpoints({endpoints, options: {endpoint}}) {
    const select = find("#endpoint");
    const keys = endpoints.map(({key}) => key).sort();
    if (endpoint && !keys.includes(endpoint)) keys.push(endpoint);
    offer(select, keys, 1);
    if (document.activeElement !== select) select.value = endpoint;
}

function publish(answers, period) {
    const said = Object.fromEntries(Object.entries(answers).map(([name, one]) => (
        [name, {...one, sentence: plain(one.sentence).replaceAll("\u00a0", " ")}])));
    find("#answers").textContent = JSON.stringify({at: model.at, period: period.words, ...said});
}

function show() {
    if (!model.at) return;
    const view = look(model, options);
    const answers = answer(view);
    for (const [name, {sentence, bad}] of Object.entries(answers)) {
        say(find(`#${name} .answer`), sentence);
        find(`#${name} .answer`).classList.toggle("bad", bad === true);
    }
    publish(answers, view.period);
    showFigures(view);
    offerEndpoints(view);
    showDistribution(view);
    showHeat(view);
    showRate(view);
    tables.endpoints(view);
    tables.limits(view);
    tables.routes(view);
    for (const name of ["instances", "downstreams", "clients", "versions"]) tables[name](view, answers[name]);
}

function showState(text, kind) {
    write(find("#state"), text);
    find("#state").className = kind;
}

// ---- the token

function wantToken(resolve) {
    const form = find("#token");
    form.hidden = false;
    find("main").hidden = true;
    find("#token input").focus();
    form.onsubmit = (event) => {
        event.preventDefault();
        setToken(find("#token input").value);
        form.hidden = true;
        find("main").hidden = false;
        resolve();
    };
}

let asked = false;
function token() {
    find("#token .error").textContent = asked ? "That is not the token." : "";
    asked = true;
    return new Promise(wantToken);
}

// ----

find("#period").addEventListener("change", (event) => choose({period: Number(event.target.value)}));
find("#endpoint").addEventListener("change", (event) => chooseEndpoint(event.target.value));
addEventListener("hashchange", readAddress);
addEventListener("resize", show);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", show);
startInFlight();
startSlowest();
readAddress();
follow({
    token,
    snapshot(snapshot) {
        take(model, snapshot);
        showState("live", "live");
        show();
    },
    lost: (error) => showState(error.status === 401 ? "locked" : error.status ? error.message : "The server is away; trying again", "lost"),
});
