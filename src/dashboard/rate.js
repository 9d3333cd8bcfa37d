// Requests a second to the endpoint, over the last minutes.
import {draw, find, picture} from "./dom.js";
import {rate} from "./format.js";
import {KEPT} from "./model.js";
import {linear, roundUp} from "./scales.js";

const STEP = 5; // seconds

// Requests a second by step, the last one whole and NaN before the page was open.
function ratesOf(model, series) {
    const end = Math.floor(model.at / STEP);
    const rates = Array(KEPT / STEP).fill(0);
    for (const {changes} of series) {
        for (const {at, count} of changes) {
            const step = rates.length - (end - Math.floor(at / STEP));
            if (step >= 0 && step < rates.length) rates[step] += count / STEP;
        }
    }
    const begun = rates.length - (end - Math.ceil(model.since / STEP));
    return rates.map((value, i) => (i < begun ? NaN : value));
}

function pathOf(rates, x, y) {
    let path = "";
    rates.forEach((value, i) => {
        if (!Number.isNaN(value)) path += `${path ? "L" : "M"}${x(i).toFixed(1)} ${y(value).toFixed(1)}`;
    });
    return path;
}

export function showRate({model, endpoint}) {
    const place = find('[data-chart="rate"]');
    if (!endpoint) return;
    const isFailing = ({labels}) => labels.status === "5xx";
    const all = ratesOf(model, endpoint.series);
    const failing = ratesOf(model, endpoint.series.filter(isFailing));
    const known = all.filter((value) => !Number.isNaN(value));
    const most = roundUp(Math.max(...known, 0));
    const label = `${endpoint.key}: between ${rate(Math.min(...known, most))} and ${rate(Math.max(...known, 0))} requests a second`;
    picture(place, 170, label, (root, width, height) => {
        const x = linear(0, all.length - 1, 34, width - 6);
        const y = linear(0, most, height - 22, 10);
        for (const value of [0, most / 2, most]) {
            root.append(draw("line", {x1: 34, x2: width, y1: y(value), y2: y(value), class: value ? "grid" : "axis"}),
                draw("text", {x: 28, y: y(value) + 4, class: "end"}, value >= 1000 ? `${value / 1000}k` : String(value)));
        }
        const path = pathOf(all, x, y);
        if (known.length > 1) {
            const first = all.findIndex((value) => !Number.isNaN(value));
            root.append(draw("path", {d: `${path}L${x(all.length - 1)} ${y(0)}L${x(first)} ${y(0)}Z`, class: "area"}),
                draw("path", {d: path, class: "line"}));
            if (failing.some((value) => value > 0)) root.append(draw("path", {d: pathOf(failing, x, y), class: "line failing"}));
        }
        root.append(draw("text", {x: 34, y: height - 5}, "5 min ago"), draw("text", {x: width - 2, y: height - 5, class: "end"}, "now"));
        if (failing.some((value) => value > 0))
            root.append(draw("text", {x: width / 2, y: height - 5, class: "middle"}, "dashed: errors"));
    });
}
