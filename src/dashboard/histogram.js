// Histograms as the server keeps them (src/observe/histogram.h): how many values lie in each bucket, as a Map. There are 64
// buckets for each power of two, so that the middle of one differs from each value in it by less than 0.8 %.

const STEPS = 64;
const LEAST = -31;

export const middle = (bucket) => 2 ** (Math.floor(bucket / STEPS) + LEAST) * (1 + ((bucket % STEPS) + 0.5) / STEPS);

// pairs: bucket, count, bucket, count, ...
export function addPairs(into, pairs) {
    for (let i = 0; i < pairs.length; i += 2) into.set(pairs[i], (into.get(pairs[i]) ?? 0) + pairs[i + 1]);
}

export function addAll(into, other) {
    for (const [bucket, count] of other) into.set(bucket, (into.get(bucket) ?? 0) + count);
}

export function total(histogram) {
    let sum = 0;
    for (const count of histogram.values()) sum += count;
    return sum;
}

// The values below which such shares lie, in rising order; NaN where there are none.
export function quantiles(histogram, shares) {
    const buckets = [...histogram.keys()].sort((a, b) => a - b);
    const all = total(histogram);
    const found = [];
    let below = 0;
    for (const bucket of buckets) {
        below += histogram.get(bucket);
        while (found.length < shares.length && below >= shares[found.length] * all) found.push(middle(bucket));
    }
    while (found.length < shares.length) found.push(NaN);
    return found;
}

// Of the logarithms of the values: how many, their mean and their variance.
export function logMoments(histogram) {
    let n = 0, sum = 0, squares = 0;
    for (const [bucket, count] of histogram) {
        const log = Math.log(middle(bucket));
        n += count;
        sum += count * log;
        squares += count * log * log;
    }
    const mean = n ? sum / n : 0;
    return {n, mean, variance: n > 1 ? Math.max(0, (squares - n * mean * mean) / (n - 1)) : 0};
}

// Merged to so many bars for each power of two: [{from, to, count}], without gaps.
export function bars(histogram, each) {
    const width = STEPS / each;
    const sums = new Map();
    for (const [bucket, count] of histogram) {
        const bar = Math.floor(bucket / width);
        sums.set(bar, (sums.get(bar) ?? 0) + count);
    }
    if (!sums.size) return [];
    const edge = (bar) => 2 ** (Math.floor(bar / each) + LEAST) * (1 + (bar % each) / each);
    const [first, last] = [Math.min(...sums.keys()), Math.max(...sums.keys())];
    return Array.from({length: last - first + 1}, (_, i) => (
        {from: edge(first + i), to: edge(first + i + 1), count: sums.get(first + i) ?? 0}));
}
