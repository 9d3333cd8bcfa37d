// Places on axes.

export const linear = (from, to, start, end) => (value) => start + ((value - from) / (to - from || 1)) * (end - start);

export const logarithmic = (from, to, start, end) => {
    const place = linear(Math.log(from), Math.log(to), start, end);
    return (value) => place(Math.log(value));
};

// 1, 2 and 5 times powers of ten within the bounds, as few as fit into `most`.
export function logTicks(from, to, most) {
    for (const steps of [[1, 2, 5], [1, 3], [1]]) {
        const ticks = [];
        for (let power = Math.floor(Math.log10(from)); 10 ** power <= to; power++)
            for (const step of steps) ticks.push(step * 10 ** power);
        const inside = ticks.filter((tick) => tick >= from * 0.999 && tick <= to * 1.001);
        if (inside.length <= most || steps.length === 1) return inside;
    }
}

// The next round number: what an axis that begins at 0 ends with.
export function roundUp(value) {
    if (!(value > 0)) return 1;
    const power = 10 ** Math.floor(Math.log10(value));
    return [1, 2, 5, 10].find((step) => step * power >= value) * power;
}
