// The instances, side by side.
import {draw, find} from "./dom.js";
import {bytes, count, percent, seconds, times} from "./format.js";
import {makeTable, wordColumn} from "./table.js";
import {logarithmic} from "./scales.js";

const WIDTH = 80;

// From the median to the 99th percentile, all on one scale.
function paintRange(cell, item) {
    const svg = draw("svg", {width: WIDTH, height: 16, viewBox: `0 0 ${WIDTH} 16`, role: "img",
        "aria-label": item.count ? `median ${seconds(item.p50)}, 99th percentile ${seconds(item.p99)}` : "no requests"});
    if (item.count) {
        const x = logarithmic(item.from, item.to, 6, WIDTH - 6);
        svg.append(draw("line", {x1: x(item.p50), x2: x(item.p99), y1: 8, y2: 8, class: `range ${item.kind}`}),
            draw("circle", {cx: x(item.p50), cy: 8, r: 5, class: `dot ${item.kind}`}));
    }
    cell.replaceChildren(svg);
}

function wordOf({slow, enough, verdict, count: number}) {
    if (slow) return ["slower", "bad"];
    if (!number) return ["idle", ""];
    if (!enough) return ["too few", "open"];
    return verdict === "alike" ? ["alike", ""] : ["noise", ""];
}

export function makeInstances() {
    const update = makeTable(find("#instances table"), [
        {title: "Worker", left: true, value: (one) => one.key, text: (one) => one.key},
        {title: "", left: true, fill: paintRange},
        {title: "Median", value: (one) => one.p50, text: (one) => seconds(one.p50)},
        {title: "99th", value: (one) => one.p99, text: (one) => seconds(one.p99)},
        {title: "Ratio", value: (one) => one.ratio, text: (one) => (one.ratio ? times(one.ratio) : "–")},
        wordColumn("", wordOf),
        {title: "Requests", value: (one) => one.count, text: (one) => count(one.count)},
        {title: "In flight", value: (one) => one.inFlight, text: (one) => count(one.inFlight ?? 0)},
        {title: "CPU", value: (one) => one.cpu, text: (one) => (one.cpu === undefined ? "–" : percent(one.cpu))},
        {title: "Memory", value: (one) => one.resident, text: (one) => (one.resident ? bytes(one.resident) : "–")},
    ]);
    return (view, answer) => {
        const served = view.workers.filter(({count: number}) => number);
        const from = Math.min(...served.map(({p50}) => p50)) / 1.5;
        const to = Math.max(...served.map(({p99}) => p99)) * 1.1;
        update(view.workers.map((worker, i) => {
            const slow = answer.slow.includes(worker.key);
            return {...answer.workers[i], ...worker, from, to, slow, kind: slow ? "slower" : ""};
        }));
    };
}
