// The model as it is looked at: in a period of time, by endpoint, worker, downstream, client and version.
import {byName} from "./format.js";
import {quantiles} from "./histogram.js";
import {countSince, named, sum} from "./model.js";
import {ENOUGH} from "./statistics.js";

// With fewer requests than these, a period that has only begun says little, and all the time says more.
const ENOUGH_TO_BEGIN = 100;

const WORDS = {10: "in the last 10 seconds", 60: "in the last minute", 300: "in the last 5 minutes"};

const ALWAYS = {seconds: Infinity, from: -Infinity, words: "since the server was started"};

function periodOf(model, chosen) {
    const watched = model.at - model.since;
    if (!Number.isFinite(chosen)) return ALWAYS;
    const from = model.at - chosen;
    const begun = countSince(named(model, "greenroom_request_seconds"), from) >= ENOUGH_TO_BEGIN;
    if (watched < chosen && !begun) return ALWAYS;
    const words = watched < chosen - 1 ? `in the last ${Math.round(watched)} seconds` : WORDS[chosen];
    return {seconds: Math.min(watched, chosen), from, words};
}

// How many a second. Of a page that has just been opened, the server's own average of the last minute.
function rateOf(model, seriesList) {
    const length = Math.min(model.at - model.since, 60);
    if (length >= 5) return countSince(seriesList, model.at - length) / length;
    return seriesList.reduce((rate, series) => rate + (series.rate ?? 0), 0);
}

// Groups series by what keyOf says of their labels; undefined is left out.
export function group(seriesList, keyOf) {
    const groups = new Map();
    for (const series of seriesList) {
        const key = keyOf(series.labels);
        if (key === undefined) continue;
        if (!groups.has(key)) groups.set(key, []);
        groups.get(key).push(series);
    }
    return groups;
}

function describe(model, period, key, seriesList) {
    const now = sum(seriesList, period.from);
    const [p50, p99] = quantiles(now.histogram, [0.5, 0.99]);
    return {key, series: seriesList, now, p50, p99, seconds: now.value, count: now.count};
}

const isError = (series) => series.labels.status === "5xx" || series.labels.status === "none";

function endpointsOf(model, period) {
    const all = group(named(model, "greenroom_request_seconds"), ({method, endpoint}) => `${method} ${endpoint}`);
    return [...all].map(([key, list]) => {
        const found = describe(model, period, key, list);
        const {method, endpoint} = list[0].labels;
        const errors = countSince(list.filter(isError), period.from);
        const ever = list.reduce((all, {count}) => all + count, 0);
        return {...found, method, endpoint, errors, ever, rate: rateOf(model, list)};
    });
}

// A slot that no process has any more is no instance, unless it has done enough to be compared.
function withoutEnded(workers) {
    const there = workers.filter(({count, resident}) => resident || count >= ENOUGH);
    return there.some(({resident}) => resident) ? there : workers;
}

function workersOf(model, period) {
    const all = group(named(model, "greenroom_worker_request_seconds"), ({worker}) => worker);
    const gauge = (name, worker) => named(model, name).find((one) => one.labels.worker === worker)?.value;
    return withoutEnded([...all].map(([key, list]) => ({
        ...describe(model, period, key, list),
        inFlight: gauge("greenroom_worker_in_flight", key),
        resident: gauge("greenroom_worker_resident_bytes", key),
        cpu: cpuOf(model, key),
        slices: slicesOf(model, period, list),
    }))).sort((a, b) => byName(a.key, b.key));
}

// A period that has been watched, in so many slices of time; what each worker did in each, as histograms.
const SLICES = 12;

function slicesOf(model, period, list) {
    if (!Number.isFinite(period.seconds)) return [];
    const step = period.seconds / SLICES;
    const edge = (i) => model.at - period.seconds + i * step;
    return Array.from({length: SLICES}, (_, i) => sum(list, edge(i), edge(i + 1)).histogram);
}

// The share of one processor, lately.
function cpuOf(model, worker) {
    const list = named(model, "greenroom_worker_cpu_seconds").filter((one) => one.labels.worker === worker);
    const length = Math.min(model.at - model.since, 10);
    return length >= 2 ? Math.max(0, sum(list, model.at - length).value / length) : undefined;
}

function downstreamsOf(model, period) {
    const keyOf = ({downstream, protocol}) => (protocol === "unknown" ? downstream : `${protocol}@${downstream}`);
    const all = group(named(model, "greenroom_downstream_seconds"), keyOf);
    return [...all].map(([key, list]) => ({
        ...describe(model, period, key, list),
        before: period.from === -Infinity ? null : sum(list, -Infinity, period.from),
        ...list[0].labels,
    }));
}

// What the time of each endpoint went on, by downstream: [{endpoint, downstream, seconds}].
function mapOf(model, period) {
    return named(model, "greenroom_endpoint_downstream_seconds").map((series) => ({
        ...series.labels, seconds: sum([series], period.from).value,
    })).filter(({seconds}) => seconds > 0);
}

function clientsOf(model, period) {
    const all = group(named(model, "greenroom_client_requests"), ({client}) => client);
    return [...all].map(([key, list]) => ({
        key, series: list,
        count: sum(list, period.from).value,
        ever: sum(list, -Infinity).value,
        seen: Math.max(...list.map((series) => series.changed)),
        endpoints: list.map((series) => ({endpoint: series.labels.endpoint, count: sum([series], period.from).value})),
    }));
}

// By when they were started: the one in force is the last.
function versionsOf(model) {
    const started = named(model, "greenroom_release_start_time_seconds");
    const startOf = (version) => started.find((one) => one.labels.version === version)?.value ?? 0;
    const all = group(named(model, "greenroom_request_seconds"), ({version}) => version);
    return [...all].map(([version, series]) => ({version, series, started: startOf(version)}))
        .sort((a, b) => a.started - b.started || byName(a.version, b.version));
}

// options: period in seconds, or Infinity; endpoint, "GET /orders", or "" for the one that is asked for most.
export function look(model, options) {
    const period = periodOf(model, options.period);
    const endpoints = endpointsOf(model, period);
    const isBusier = (a, b) => a.count - b.count || a.ever - b.ever;
    const busiest = endpoints.reduce((most, one) => (!most || isBusier(one, most) > 0 ? one : most), null);
    return {
        model, period, endpoints, options,
        endpoint: endpoints.find((one) => one.key === options.endpoint) ?? busiest,
        workers: workersOf(model, period),
        downstreams: downstreamsOf(model, period),
        map: mapOf(model, period),
        clients: clientsOf(model, period),
        versions: versionsOf(model),
        spent: named(model, "greenroom_spent_seconds").map((series) => (
            {on: series.labels.on, seconds: sum([series], period.from).value})),
    };
}
