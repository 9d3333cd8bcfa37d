// The six answers, each a sentence and the numbers that it stands on, and whether it is bad news. Here, and nowhere else, is
// decided what is said.
import {byName, compared, interval, percent, plural, rate, requests, seconds, times} from "./format.js";
import {addAll, quantiles, total} from "./histogram.js";
import {compare, compareSlices} from "./statistics.js";
import {group} from "./view.js";

const strong = (text) => ({strong: text});

const nothing = ["No requests have been answered yet."];

// ---- 1. What is the 99th percentile of this endpoint?

function percentile({endpoint, endpoints, period}) {
    const table = endpoints.map(({key, count, p50, p99}) => ({endpoint: key, count, p50, p99}));
    if (!endpoint) return {sentence: nothing, endpoints: table};
    if (!endpoint.count) return {
        sentence: [strong(endpoint.key), ` has answered no request ${period.words}.`],
        endpoint: endpoint.key, count: 0, endpoints: table,
    };
    return {
        sentence: ["99 of 100 requests to ", strong(endpoint.key), " took at most ", strong(seconds(endpoint.p99)),
            `, half of them at most ${seconds(endpoint.p50)}: ${requests(endpoint.count)} ${period.words}.`],
        endpoint: endpoint.key, p50: endpoint.p50, p99: endpoint.p99, count: endpoint.count, endpoints: table,
    };
}

// ---- 2. Are all instances slow or just one?

// What is less than that may be the requests that it happened to get.
const STANDS_OUT = 1.2;

function merge(histograms) {
    const all = new Map();
    for (const one of histograms) addAll(all, one);
    return all;
}

// By slices of time where the period has been watched; else all that there is is all that can be compared.
function compareWorker(workers, one) {
    const others = workers.filter((worker) => worker !== one);
    const slices = one.slices.map((own, i) => [merge(others.map((worker) => worker.slices[i])), own]);
    return compareSlices(slices, workers.length)
        ?? compare(merge(others.map(({now}) => now.histogram)), one.now.histogram, workers.length);
}

function instances({workers, period}) {
    const all = workers.map((worker) => ({
        worker: worker.key, count: worker.count, p50: worker.p50, p99: worker.p99,
        ...compareWorker(workers, worker),
    }));
    const slow = all.filter(({verdict, ratio}) => verdict === "slower" && ratio >= STANDS_OUT);
    return {
        sentence: sayInstances(all, slow, period), bad: slow.length > 0,
        slow: slow.map(({worker}) => worker), workers: all,
    };
}

function sayInstances(all, slow, period) {
    if (!all.some(({count}) => count)) return nothing;
    if (all.length === 1) return ["There is one instance: nothing to compare it with."];
    if (slow.length === 1) {
        const [does, others] = compared(slow[0].ratio, "", "the others");
        return [strong(`Just one: worker ${slow[0].worker}`), " ", strong(does), `${others} ${period.words}, with 95 % confidence `,
            `${interval(slow[0])}.`];
    }
    if (slow.length > 1) return [strong(`${slow.length} of ${all.length}`), " are slower than the others: workers ",
        `${slow.map(({worker, ratio}) => `${worker} (${times(ratio)})`).join(", ")}.`];
    const unsure = all.find(({enough}) => !enough);
    if (unsure) return [strong("Not enough requests yet"), ` to compare worker ${unsure.worker} with the others `,
        `(${requests(unsure.now)} ${period.words}).`];
    const worst = all.reduce((most, one) => (one.ratio > most.ratio ? one : most));
    const noise = worst.low <= 1 ? "which is noise" : "which is little";
    return [strong("All are alike."), ` Worker ${worst.worker} ${compared(worst.ratio, "", "the others").join("")}, ${noise} `,
        `(${interval(worst)}).`];
}

// ---- 3. How many requests a second does this endpoint take?

function requestRate({endpoint, endpoints}) {
    const all = endpoints.reduce((total, one) => total + one.rate, 0);
    const table = endpoints.map(({key, rate: own}) => ({endpoint: key, rate: own}));
    if (!endpoint) return {sentence: nothing, endpoints: table, all};
    const failing = endpoint.errors ? `; ${percent(endpoint.errors / endpoint.count)} of its answers were errors` : "";
    const share = all > 0 ? `, ${percent(endpoint.rate / all)} of the ${rate(all)} of all endpoints` : "";
    return {
        sentence: [strong(endpoint.key), " takes ", strong(`${rate(endpoint.rate)} a second`), `${share}${failing}.`],
        endpoint: endpoint.key, rate: endpoint.rate, all, endpoints: table,
    };
}

// ---- 4. Which downstream service is killing our performance?

const KILLS = 0.2; // of the time of all requests
const DEGRADED = 1.3;

function downstreams({downstreams: all, endpoints, spent, period}) {
    const whole = endpoints.reduce((sum, {seconds: own}) => sum + own, 0);
    const found = all.map((one) => ({
        downstream: one.key, name: one.downstream, protocol: one.protocol, count: one.count,
        share: whole > 0 ? one.seconds / whole : 0, mean: one.count ? one.seconds / one.count : NaN, p99: one.p99,
        change: one.before && compare(one.before.histogram, one.now.histogram, all.length),
    })).sort((a, b) => b.share - a.share);
    const degraded = found.filter((one) => one.change?.low > 1 && one.change.ratio >= DEGRADED);
    const culprit = found[0]?.share >= KILLS ? found[0] : null;
    return {
        sentence: whole > 0 ? sayDownstreams(found, culprit, degraded, spent, period) : nothing, bad: culprit !== null,
        culprit: culprit?.downstream ?? null, degraded: degraded.map(({downstream}) => downstream), downstreams: found,
    };
}

const sayChange = (one) => `${times(one.change.ratio)} as long as before`;

function sayDownstreams(found, culprit, degraded, spent, period) {
    if (!found.length) return [strong("None:"), " no request has waited for one."];
    const others = degraded.filter((one) => one !== culprit)
        .map((one) => ` ${one.downstream} takes ${sayChange(one)}.`);
    if (!culprit) {
        const most = spent.filter(({on}) => on !== "downstream").sort((a, b) => b.seconds - a.seconds)[0];
        return [strong("None."), ` The most time, ${percent(found[0].share)}, goes to ${found[0].downstream}; `,
            `what takes longer is in the server itself${most ? ` (${most.on.replace("_", " ")})` : ""}.`, ...others];
    }
    const worse = degraded.includes(culprit) ? [", ", strong(sayChange(culprit))] : [];
    return [strong(culprit.downstream), ": requests spend ", strong(`${percent(culprit.share)} of their time`),
        ` waiting for it, ${seconds(culprit.mean)} each`, ...worse, `, ${period.words}.`, ...others];
}

// ---- 5. Is any client still using the old API?

// "mobile/1.9" is the version 1.9 of "mobile/"; what has no number has no version.
function versionIn(name) {
    const found = /^(.*?)(\d+(?:\.\d+)*)(.*)$/.exec(name);
    return found && {of: `${found[1]}#${found[3]}`, number: found[2]};
}

// "/v1/cart" is version 1 of the API, by its path.
function versionInPath(endpoint) {
    const found = /\/v(\d+(?:\.\d+)*)(?=\/|$)/.exec(endpoint);
    return found && {of: "/v", number: found[1]};
}

// Which of them is old: one of which there is a higher version.
function withAge(users) {
    for (const users_ of group(users.map((user) => ({labels: user})), ({version}) => version?.of).values()) {
        const newest = users_.map(({labels}) => labels.version.number).sort(byName).at(-1);
        for (const {labels} of users_) labels.old = byName(labels.version.number, newest) < 0;
    }
    return users;
}

function pathUsers({endpoints}) {
    const found = group(endpoints.map((one) => ({...one, labels: one})), ({endpoint}) => versionInPath(endpoint)?.number);
    return [...found].map(([number, list]) => ({
        name: `/v${number}`, version: {of: "/v", number}, byPath: true,
        count: list.reduce((sum, one) => sum + one.count, 0), ever: undefined,
        seen: Math.max(...list.flatMap(({series}) => series.map(({changed}) => changed))),
        endpoints: list.map(({endpoint, count}) => ({endpoint, count})),
    }));
}

function clients(view) {
    const told = view.clients.map((one) => ({name: one.key, version: versionIn(one.key), ...one}));
    const users = [...withAge(told), ...withAge(pathUsers(view))].map((user) => ({
        client: user.name, byPath: user.byPath === true, old: user.old === true, version: user.version?.number ?? null,
        count: user.count, ever: user.ever, seen: user.seen,
        endpoints: user.endpoints.filter(({count}) => count).sort((a, b) => b.count - a.count),
    })).sort((a, b) => byName(a.client, b.client));
    const old = users.filter((user) => user.old && user.count);
    return {sentence: sayClients(users, old, view), bad: old.length > 0, old: old.map(({client}) => client), clients: users};
}

function sayClients(users, old, {period, clients: told}) {
    if (!users.length) return ["Nobody can tell: start the server with ", strong("--client-header X-Api-Version"),
        ", or have versions in paths, as in /v1/orders."];
    if (old.length) {
        const most = old.reduce((a, b) => (b.count > a.count ? b : a));
        const all = old.map(({client, count}) => `${client} (${requests(count)})`).join(", ");
        const where = most.endpoints.length ? `, most of them to ${most.endpoints[0].endpoint}` : "";
        return [strong("Yes: "), strong(all), ` ${period.words}${where}.`];
    }
    const known = users.filter(({version}) => version);
    if (!known.length) return [`Of ${plural(users.length, "client")}, none says a version.`];
    const gone = users.filter((user) => user.old);
    const silent = known.some(({byPath}) => !byPath) ? users.filter(({version, byPath}) => !version && !byPath) : [];
    const unsaid = silent.reduce((sum, {count}) => sum + count, 0);
    const none = unsaid ? `; but ${requests(unsaid)} said no version`
        : told.length ? "" : " by their paths; --client-header would tell clients apart";
    return [strong(unsaid ? "None that says so: " : "No: "), gone.length ? `${gone.map(({client}) => client).join(", ")} made no request ${period.words}${none}.`
        : `all use ${known.filter(({old: is}) => !is).map(({client}) => client).join(", ")}${none}.`];
}

// ---- 6. Did the new version make it slower?

const histogramOf = (seriesList, key) => merge(seriesList
    .filter(({labels}) => `${labels.method} ${labels.endpoint}` === key).map(({all}) => all));

function versions({versions: all, endpoints, options}) {
    const after = all.find(({version}) => version === options.after) ?? all.at(-1);
    const others = all.filter((one) => one !== after);
    const before = others.find(({version}) => version === options.before) ?? others.at(-1);
    const known = all.map(({version}) => version);
    if (!before) return {sentence: sayNoVersions(all), versions: known, endpoints: []};
    const shared = endpoints.map(({key}) => ({
        key, then: histogramOf(before.series, key), now: histogramOf(after.series, key),
    })).filter(({then, now}) => total(then) && total(now));
    const found = shared.map(({key, then, now}) => ({
        endpoint: key, ...compare(then, now, shared.length),
        p99Before: quantiles(then, [0.99])[0], p99Now: quantiles(now, [0.99])[0],
    })).sort((a, b) => (b.ratio ?? 0) - (a.ratio ?? 0));
    return {
        sentence: sayVersions(found, before.version, after.version), versions: known,
        before: before.version, after: after.version, endpoints: found,
        bad: found.some(({verdict}) => verdict === "slower"), slower: found.filter(({verdict}) => verdict === "slower").map(({endpoint}) => endpoint),
    };
}

const sayNoVersions = (all) => (all.length
    ? ["Only version ", strong(all[0].version), " has served so far: nothing to compare it with."]
    : ["Nobody can tell: start the server with ", strong("--release VERSION"), ", and each deploy with another."]);

function sayVersions(found, before, after) {
    const sure = found.filter(({enough}) => enough);
    const [slower, faster, unsure] = ["slower", "faster", "not sure yet"].map((wanted) => (
        sure.filter(({verdict}) => verdict === wanted)));
    if (!sure.length) return [strong("Not enough requests yet"), ` of ${after} to compare it with ${before}.`];
    const say = (one) => compared(one.ratio, ` in ${after}`, `in ${before}`);
    const also = unsure.length ? ` Of ${plural(unsure.length, "endpoint")} it cannot be said yet.` : "";
    if (slower.length) {
        const [does, than] = say(slower[0]);
        const more = slower.length > 1 ? `, and ${plural(slower.length - 1, "other endpoint")} slower too` : "";
        return [strong("Yes: "), strong(slower[0].endpoint), " ", strong(does), `${than}${more}; with 95 % confidence `,
            `${interval(slower[0])}.${also}`];
    }
    if (faster.length) {
        const best = faster.at(-1);
        return [strong("No, faster: "), best.endpoint, ` ${say(best).join("")}, with 95 % confidence ${interval(best)}.${also}`];
    }
    if (unsure.length) return [strong("It cannot be said yet: "), `${unsure[0].endpoint} is ${interval(unsure[0])} in ${after}.`];
    return [strong("No."), ` ${plural(sure.length, "endpoint")} ${sure.length === 1 ? "is" : "are"} as fast in ${after} as in ${before}, `,
        "within 3 %."];
}

// ----

export function answer(view) {
    return {
        percentile: percentile(view), instances: instances(view), rate: requestRate(view),
        downstreams: downstreams(view), clients: clients(view), versions: versions(view),
    };
}
