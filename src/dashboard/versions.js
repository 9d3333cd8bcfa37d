// Two versions, endpoint by endpoint.
import {draw, find, offer} from "./dom.js";
import {change, seconds} from "./format.js";
import {makeTable, wordColumn} from "./table.js";
import {linear} from "./scales.js";

const WIDTH = 130;

// The interval of the ratio, on a scale of logarithms with "as before" in its middle.
function paintInterval(cell, {enough, ratio, low, high, verdict, span}) {
    const kind = {slower: "slower", faster: "faster", alike: "alike"}[verdict] ?? "unsure";
    const svg = draw("svg", {width: WIDTH, height: 18, viewBox: `0 0 ${WIDTH} 18`, role: "img",
        "aria-label": enough ? `between ${change(low)} and ${change(high)}` : verdict});
    const x = linear(-span, span, 5, WIDTH - 5);
    svg.append(draw("line", {x1: x(0), x2: x(0), y1: 0, y2: 18, class: "mark dashed"}));
    if (enough) {
        const at = (value) => Math.min(WIDTH - 2, Math.max(2, x(Math.log(value))));
        svg.append(draw("line", {x1: at(low), x2: at(high), y1: 9, y2: 9, class: `whisker ${kind}`}));
        for (const end of [low, high]) svg.append(draw("line", {x1: at(end), x2: at(end), y1: 5, y2: 13, class: `whisker ${kind}`}));
        svg.append(draw("circle", {cx: at(ratio), cy: 9, r: 4.5, class: `dot ${kind}`}));
    }
    cell.replaceChildren(svg);
}

function wordOf({verdict, ratio}) {
    if (verdict === "slower") return [change(ratio), "bad"];
    if (verdict === "faster") return [change(ratio), "good"];
    return verdict === "alike" ? ["alike", ""] : [verdict === "not sure yet" ? "not sure" : "too few", "open"];
}

function choice(select, versions, chosen) {
    offer(select, versions);
    if (document.activeElement !== select) select.value = chosen;
}

// choose({before, after}) is called when others are to be compared.
export function makeVersions(choose) {
    const [before, after] = [find("#before"), find("#after")];
    for (const select of [before, after])
        select.addEventListener("change", () => choose({before: before.value, after: after.value}));
    const update = makeTable(find("#versions table"), [
        {title: "Endpoint", left: true, value: (one) => one.endpoint, text: (one) => one.endpoint},
        {title: "faster ‹ › slower", left: true, fill: paintInterval},
        wordColumn("Verdict", wordOf),
        {title: "99th before", value: (one) => one.p99Before, text: (one) => seconds(one.p99Before)},
        {title: "99th after", value: (one) => one.p99Now, text: (one) => seconds(one.p99Now)},
    ]);
    return (view, answer) => {
        const sure = answer.endpoints.filter(({enough}) => enough);
        const span = Math.max(0.1, ...sure.flatMap(({low, high}) => [-Math.log(low), Math.log(high)]).map((one) => Math.min(one, 1.2)));
        find("#versions .choice").hidden = answer.versions.length < 2;
        find("#versions .scroll").hidden = !answer.endpoints.length;
        choice(before, answer.versions, answer.before);
        choice(after, answer.versions, answer.after);
        update(answer.endpoints.map((one) => ({...one, key: one.endpoint, span: span * 1.1})));
    };
}
