// How long the requests to the endpoint took: all of the period, and over the last minutes.
import {draw, find, make, picture} from "./dom.js";
import {count, seconds} from "./format.js";
import {bars, middle} from "./histogram.js";
import {KEPT} from "./model.js";
import {linear, logarithmic, logTicks} from "./scales.js";

const MARGIN = {top: 20, right: 14, bottom: 22, left: 14};

export function showDistribution({endpoint}) {
    const place = find('[data-chart="distribution"]');
    const all = endpoint ? bars(endpoint.now.histogram, 8) : [];
    if (!all.length) return place.replaceChildren();
    const label = `${endpoint.key}: ${count(endpoint.count)} requests, half of them below ${seconds(endpoint.p50)}, `
        + `99 of 100 below ${seconds(endpoint.p99)}`;
    picture(place, 190, label, (root, width, height) => {
        const [from, to] = [all[0].from / 1.15, all.at(-1).to * 1.15];
        const x = logarithmic(from, to, MARGIN.left, width - MARGIN.right);
        const y = linear(0, Math.max(...all.map((bar) => bar.count)), height - MARGIN.bottom, MARGIN.top + 16);
        for (const bar of all) {
            if (!bar.count) continue;
            const top = Math.min(y(bar.count), height - MARGIN.bottom - 1.5);
            root.append(draw("rect", {
                x: x(bar.from) + 0.5, y: top, width: Math.max(1, x(bar.to) - x(bar.from) - 1), height: height - MARGIN.bottom - top,
                class: bar.from >= endpoint.p99 * 0.99 ? "tail" : "bar-fill", rx: 1.5,
            }, draw("title", {}, `${seconds(bar.from)} to ${seconds(bar.to)}: ${count(bar.count)}`)));
        }
        root.append(draw("line", {x1: 0, x2: width, y1: height - MARGIN.bottom, y2: height - MARGIN.bottom, class: "axis"}));
        for (const tick of logTicks(from, to, width / 70))
            root.append(draw("text", {x: x(tick), y: height - 6, class: "middle"}, seconds(tick).replace(/\.0+(?=\D)/, "")));
        mark(root, x(endpoint.p50), height, `median ${seconds(endpoint.p50)}`, width, 12, "dashed");
        mark(root, x(endpoint.p99), height, `99th ${seconds(endpoint.p99)}`, width, 27, "");
    });
}

function mark(root, at, height, text, width, top, kind) {
    const end = at > width - 130;
    root.append(
        draw("line", {x1: at, x2: at, y1: top - 9, y2: height - MARGIN.bottom, class: `mark ${kind}`}),
        draw("text", {x: at + (end ? -6 : 6), y: top, class: end ? "loud end" : "loud"}, text));
}

// ---- the heat map

const COLUMN = 5; // seconds
const EACH = 4; // rows for each power of two
const ROW = 64 / EACH;

// Counts by column and row.
function cellsOf(model, series) {
    const cells = new Map();
    const end = Math.ceil(model.at / COLUMN);
    let [low, high] = [Infinity, -Infinity];
    for (const {changes} of series) {
        for (const {at, pairs} of changes) {
            const column = KEPT / COLUMN - 1 - (end - Math.ceil(at / COLUMN));
            for (let i = 0; i < pairs.length; i += 2) {
                const row = Math.floor(pairs[i] / ROW);
                cells.set(column * 1000 + row, (cells.get(column * 1000 + row) ?? 0) + pairs[i + 1]);
                [low, high] = [Math.min(low, row), Math.max(high, row)];
            }
        }
    }
    return {cells, low, high};
}

export function showHeat({model, endpoint}) {
    const place = find('[data-chart="heat"]');
    const {cells, low, high} = cellsOf(model, endpoint?.series ?? []);
    if (!cells.size) return place.replaceChildren(make("p", {class: "note"}, "It fills while this page is open."));
    const [bottom, top] = [low - 1, Math.max(high + 1, low + 10)];
    const rows = top - bottom + 1;
    const canvas = make("canvas", {
        width: KEPT / COLUMN, height: rows, role: "img",
        "aria-label": `Heat map: from ${seconds(middle(low * ROW))} to ${seconds(middle((high + 1) * ROW))}, stronger where more requests lie`,
    });
    canvas.style.height = "152px";
    paint(canvas, cells, top);
    const ticks = logTicks(middle(bottom * ROW), middle((top + 1) * ROW), 6).map((value) => {
        const tick = make("span", {class: "tick"}, seconds(value).replace(/\.0+(?=\D)/, ""));
        const share = (Math.log2(value) - Math.log2(middle(bottom * ROW))) / (rows / EACH);
        tick.style.top = `${152 * (1 - share)}px`;
        return tick;
    });
    place.replaceChildren(make("div", {class: "heat"}, canvas, ...ticks.filter((tick) => parseFloat(tick.style.top) > 4 && parseFloat(tick.style.top) < 148),
        make("div", {class: "times"}, make("span", {}, "5 min ago"), make("span", {}, "now"))));
}

function paint(canvas, cells, top) {
    const style = getComputedStyle(document.documentElement);
    const context = canvas.getContext("2d");
    const most = Math.log1p(Math.max(...cells.values()));
    context.fillStyle = style.getPropertyValue("--ground");
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.fillStyle = style.getPropertyValue("--green");
    for (const [cell, number] of cells) {
        context.globalAlpha = 0.15 + 0.85 * (Math.log1p(number) / most);
        context.fillRect(Math.floor(cell / 1000), top - (cell % 1000), 1, 1);
    }
}
