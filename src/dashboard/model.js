// What the snapshots of the server add up to: every series with all its counts, and what they grew by in the last minutes.
import {addAll, addPairs} from "./histogram.js";

// For so many seconds, changes are kept.
export const KEPT = 300;

export function makeModel() {
    return {at: 0, since: 0, leftOut: 0, series: new Map(), ids: new Map(), names: new Map()};
}

function forgetAll(model) {
    Object.assign(model, makeModel());
}

const keyOf = (said) => said.name + JSON.stringify(said.labels);

function makeSeries(model, said) {
    const series = {
        name: said.name, labels: said.labels, rate: said.rate, value: 0, count: 0, min: Infinity, max: 0,
        all: new Map(), changes: [], changed: 0,
    };
    model.series.set(keyOf(said), series);
    if (!model.names.has(said.name)) model.names.set(said.name, []);
    model.names.get(said.name).push(series);
    return series;
}

// What a series that is told whole has gained since it was last seen.
function gained(series, pairs) {
    const more = [];
    for (let i = 0; i < pairs.length; i += 2) {
        const change = pairs[i + 1] - (series.all.get(pairs[i]) ?? 0);
        if (change > 0) more.push(pairs[i], change);
    }
    return more;
}

function takeSeries(model, said, isFirst) {
    const known = said.name ? model.series.get(keyOf(said)) : model.ids.get(said.id);
    if (!known && !said.name) return;
    const series = known ?? makeSeries(model, said);
    const pairs = said.name ? gained(series, said.buckets ?? []) : said.buckets ?? [];
    model.ids.set(said.id, series);
    const change = {at: model.at, value: said.value - series.value, count: (said.count ?? 0) - series.count, pairs};
    addPairs(series.all, pairs);
    series.value = said.value;
    series.count = said.count ?? 0;
    if (said.count) Object.assign(series, {min: said.min, max: said.max});
    if (isFirst) return;
    series.changed = model.at;
    series.changes.push(change);
}

// A series that is told whole no more, since what it is about has ended.
function dropEnded(model, snapshot) {
    const told = new Set(snapshot.series.map(keyOf));
    for (const [key, series] of model.series) {
        if (told.has(key)) continue;
        model.series.delete(key);
        model.names.set(series.name, model.names.get(series.name).filter((one) => one !== series));
    }
}

const START = "greenroom_start_time_seconds";

// Has the server begun anew?
const isAnother = (model, snapshot) => snapshot.whole && named(model, START).length > 0
    && snapshot.series.find(({name}) => name === START)?.value !== named(model, START)[0].value;

// Between two snapshots lies a second. If it seems to be less than none, or many, either somebody has set the server's clock,
// or nobody has listened: then it is not known when what has happened meanwhile did.
const GAP = 10;

function isBroken(model, snapshot) {
    const gone = snapshot.at - model.at;
    return model.at > 0 && (gone < 0 || gone > GAP);
}

// All that is known happened that much later by the clock as it is now.
function setClock(model, later) {
    model.since += later;
    for (const series of model.series.values()) {
        if (series.changed) series.changed += later;
        for (const change of series.changes) change.at += later;
    }
}

export function take(model, snapshot) {
    if (isBroken(model, snapshot) && !snapshot.whole) setClock(model, snapshot.at - model.at - 1);
    else if (isBroken(model, snapshot) || isAnother(model, snapshot)) forgetAll(model);
    const isFirst = model.at === 0;
    if (snapshot.whole) model.ids.clear();
    if (snapshot.whole) dropEnded(model, snapshot);
    if (isFirst) model.since = snapshot.at;
    model.at = snapshot.at;
    model.leftOut = snapshot.left_out;
    for (const said of snapshot.series) takeSeries(model, said, isFirst);
    for (const series of model.series.values())
        while (series.changes.length && series.changes[0].at <= model.at - KEPT) series.changes.shift();
}

export const named = (model, name) => model.names.get(name) ?? [];

function addChange(result, change, sign) {
    result.value += sign * change.value;
    result.count += sign * change.count;
    for (let i = 0; i < change.pairs.length; i += 2) {
        const left = (result.histogram.get(change.pairs[i]) ?? 0) + sign * change.pairs[i + 1];
        if (left > 0) result.histogram.set(change.pairs[i], left);
        else result.histogram.delete(change.pairs[i]);
    }
}

// The changes behind `from`, the latest first.
function* changesSince({changes}, from) {
    for (let i = changes.length - 1; i >= 0 && changes[i].at > from; i--) yield changes[i];
}

// What several series are together, from a time (-Infinity: from the start of the server) until another.
export function sum(seriesList, from, until = Infinity) {
    const result = {value: 0, count: 0, histogram: new Map()};
    for (const series of seriesList) {
        if (from === -Infinity) {
            result.value += series.value;
            result.count += series.count;
            addAll(result.histogram, series.all);
            for (const change of changesSince(series, until)) addChange(result, change, -1);
        } else {
            for (const change of changesSince(series, from)) if (change.at <= until) addChange(result, change, 1);
        }
    }
    return result;
}

// The same of their counts alone.
export function countSince(seriesList, from) {
    let count = 0;
    for (const series of seriesList) {
        if (from === -Infinity) count += series.count;
        else for (const change of changesSince(series, from)) count += change.count;
    }
    return count;
}
