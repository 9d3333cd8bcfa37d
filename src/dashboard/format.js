// Numbers as people read them.

const NO_BREAK = "\u00a0";

function digits(value, wanted = 3) {
    if (value === 0) return "0";
    const whole = Math.floor(Math.log10(Math.abs(value))) + 1;
    return value.toFixed(Math.max(0, Math.min(6, wanted - Math.max(whole, 1))));
}

export function seconds(value) {
    if (!Number.isFinite(value)) return "–";
    if (value < 0.9995e-3) return `${digits(value * 1e6)}${NO_BREAK}µs`;
    if (value < 0.9995) return `${digits(value * 1e3)}${NO_BREAK}ms`;
    return `${digits(value)}${NO_BREAK}s`;
}

export function percent(share) {
    const value = share * 100;
    if (value > 0 && value < 0.1) return `<${NO_BREAK}0.1${NO_BREAK}%`;
    return `${value.toFixed(value < 9.95 ? 1 : 0).replace(/\.0$/, "")}${NO_BREAK}%`;
}

export function count(value) {
    return Math.round(value).toLocaleString("en").replaceAll(",", "\u202f");
}

export function rate(value) {
    return value >= 100 ? count(value) : digits(value, value < 1 ? 2 : 3);
}

export const times = (ratio) => `${digits(ratio, ratio >= 10 ? 2 : 3)}${NO_BREAK}×`;

export function bytes(value) {
    for (const unit of ["B", "KiB", "MiB", "GiB"]) {
        if (value < 1024 || unit === "GiB") return `${digits(value)}${NO_BREAK}${unit}`;
        value /= 1024;
    }
}

// From here on, percents are harder to read than factors.
const MANY = 2;

const side = (ratio) => (ratio < 1 ? "faster" : "slower");

// Of a ratio of times: "12 % slower", "3.1 % faster", "2.7 × as long".
export function change(ratio) {
    return ratio >= MANY ? `${times(ratio)} as long` : `${percent(Math.abs(ratio - 1))} ${side(ratio)}`;
}

// "is 12 % slower than the others", "takes 2.7 × as long as the others".
export function compared(ratio, where, others) {
    return ratio >= MANY ? [`takes ${change(ratio)}`, `${where} as ${others}`] : [`is ${change(ratio)}`, `${where} than ${others}`];
}

// "between 3 % faster and 8 % slower", "between 3 % and 8 % slower", "between 2.1 × and 2.9 ×".
export function interval({ratio, low, high}) {
    if (ratio >= MANY) return `between ${times(low)} and ${times(high)}`;
    const near = side(low) === side(high) && high < MANY ? percent(Math.abs(low - 1)) : change(low);
    return `between ${near} and ${change(high)}`;
}

export const plural = (number, noun) => `${count(number)}${NO_BREAK}${noun}${number === 1 ? "" : "s"}`;

export const requests = (number) => plural(number, "request");

// "2 h ago" of a number of seconds.
export function ago(value) {
    if (value < 2) return "now";
    if (value < 120) return `${Math.round(value)}${NO_BREAK}s ago`;
    if (value < 7200) return `${Math.round(value / 60)}${NO_BREAK}min ago`;
    return `${Math.round(value / 3600)}${NO_BREAK}h ago`;
}

// Numbers in names compare as numbers: "1.10" is above "1.9".
export const byName = (a, b) => a.localeCompare(b, "en", {numeric: true});
