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

// How many times as long a typical value of `now` is as one of `before`: the ratio of the geometric means, with an
// interval which holds the true one with the given confidence (Welch, of the logarithms). Of several comparisons made at
// once (`of`), all intervals hold together with that confidence (Bonferroni).
export function compare(before, now, of = 1, confidence = 0.95) {
    const a = logMoments(before), b = logMoments(now);
    const enough = a.n >= ENOUGH && b.n >= ENOUGH;
    if (!enough) return {enough, before: a.n, now: b.n, verdict: "not enough requests yet"};
    const z = normalQuantile(1 - (1 - confidence) / of / 2);
    const error = z * Math.sqrt(a.variance / a.n + b.variance / b.n);
    const difference = b.mean - a.mean;
    const [ratio, low, high] = [difference, difference - error, difference + error].map(Math.exp);
    return {enough, before: a.n, now: b.n, ratio, low, high, verdict: verdictOf(low, high)};
}

function verdictOf(low, high) {
    if (low > 1 / ALIKE && high < ALIKE) return "alike";
    if (low > 1) return "slower";
    if (high < 1) return "faster";
    return "not sure yet";
}
