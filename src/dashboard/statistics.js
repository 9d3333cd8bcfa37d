// What can be said of two samples of times, and how sure it is. docs/dashboard.md says it in words.
import {logMoments} from "./histogram.js";

// Fewer values of one side allow no statement.
export const ENOUGH = 30;

// Differences within these limits are of no matter.
export const ALIKE = 1.03;

// The standard normal distribution: below which value lies such a share? By bisection of its integral, for which erf
// stands (Abramowitz and Stegun 7.1.26, off by less than 1.5e-7).
function normalBelow(z) {
    const x = Math.abs(z) / Math.SQRT2;
    const t = 1 / (1 + 0.3275911 * x);
    const poly = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
    const erf = 1 - poly * Math.exp(-x * x);
    return z < 0 ? (1 - erf) / 2 : (1 + erf) / 2;
}

export function normalQuantile(share) {
    let low = -10, high = 10;
    for (let i = 0; i < 60; i++) {
        const at = (low + high) / 2;
        if (normalBelow(at) < share) low = at;
        else high = at;
    }
    return (low + high) / 2;
}

// The same of Student's distribution with so many degrees of freedom (Cornish and Fisher's expansion, Abramowitz and Stegun
// 26.7.5).
function studentQuantile(share, freedom) {
    const z = normalQuantile(share);
    return z + (z ** 3 + z) / (4 * freedom) + (5 * z ** 5 + 16 * z ** 3 + 3 * z) / (96 * freedom ** 2);
}

const boundOf = (of, confidence) => 1 - (1 - confidence) / of / 2;

function judge(difference, error, more) {
    const [ratio, low, high] = [difference, difference - error, difference + error].map(Math.exp);
    return {enough: true, ratio, low, high, verdict: verdictOf(low, high), ...more};
}

// How many times as long a typical value of `now` is as one of `before`: the ratio of the geometric means, with an
// interval which holds the true one with the given confidence (Welch, of the logarithms). Of several comparisons made at
// once (`of`), all intervals hold together with that confidence (Bonferroni).
export function compare(before, now, of = 1, confidence = 0.95) {
    const a = logMoments(before), b = logMoments(now);
    const more = {before: a.n, now: b.n};
    if (a.n < ENOUGH || b.n < ENOUGH) return {enough: false, verdict: "not enough requests yet", ...more};
    const error = normalQuantile(boundOf(of, confidence)) * Math.sqrt(a.variance / a.n + b.variance / b.n);
    return judge(b.mean - a.mean, error, more);
}

// Of one slice of time, fewer values of one side say nothing, and fewer slices allow no statement.
const ENOUGH_IN_SLICE = 3;
const SLICES = 6;

// The same of what went on side by side, [[others, one], ...] by slices of time: each slice is one value. What befalls all
// for a while, or comes in a row, is so no evidence. null: there are too few slices.
export function compareSlices(slices, of = 1, confidence = 0.95) {
    const pairs = slices.map((pair) => pair.map(logMoments)).filter((pair) => pair.every(({n}) => n >= ENOUGH_IN_SLICE));
    if (pairs.length < SLICES) return null;
    const differences = pairs.map(([others, one]) => one.mean - others.mean);
    const mean = differences.reduce((sum, one) => sum + one, 0) / pairs.length;
    const variance = differences.reduce((sum, one) => sum + (one - mean) ** 2, 0) / (pairs.length - 1);
    const error = studentQuantile(boundOf(of, confidence), pairs.length - 1) * Math.sqrt(variance / pairs.length);
    const [before, now] = [0, 1].map((side) => pairs.reduce((sum, pair) => sum + pair[side].n, 0));
    return judge(mean, error, {before, now});
}

function verdictOf(low, high) {
    if (low > 1 / ALIKE && high < ALIKE) return "alike";
    if (low > 1) return "slower";
    if (high < 1) return "faster";
    return "not sure yet";
}
