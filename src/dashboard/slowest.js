// The slowest requests of the last minutes, each with what its time went on, one after the other.
import {ask} from "./api.js";
import {draw, find, make} from "./dom.js";
import {ago, seconds} from "./format.js";
import {whileSeen} from "./seen.js";

const PERIOD = 2500; // ms
const SHOWN = 10;

// What it was doing, in the order in which it is usually done, and the colour of that.
const KINDS = [
    ["queued", "waiting for its turn", "queued"], ["interpreter", "waiting for the interpreter", "queued"],
    ["running", "running", "running"], ["lookup", "looking up names", "waiting"], ["downstream", "waiting downstream", "waiting"],
    ["lock", "waiting for a lock", "queued"], ["sleep", "sleeping", "else"], ["os_thread", "in a slow call", "else"],
    ["other", "waiting for another green thread", "else"], ["client", "waiting for the client", "else"],
];

// [{name, time, kind}]: what is downstream, by its name.
export function partsOf({spent, downstreams, took}) {
    const parts = [];
    for (const [key, name, kind] of KINDS) {
        let left = spent[key] ?? 0;
        if (key === "downstream") {
            for (const {name: whom, waited} of downstreams) {
                parts.push({name: whom, time: waited, kind});
                left -= waited;
            }
        }
        if (left > took * 0.001) parts.push({name, time: left, kind});
    }
    return parts.filter(({time}) => time > took * 0.001);
}

const LINE = 20;

function waterfall(request, width) {
    const parts = partsOf(request);
    const label = parts.map(({name, time}) => `${name} ${seconds(time)}`).join(", ");
    const svg = draw("svg", {width, height: parts.length * LINE, viewBox: `0 0 ${width} ${parts.length * LINE}`, role: "img", "aria-label": label});
    let at = 0;
    parts.forEach(({name, time, kind}, i) => {
        const [x, size] = [(at / request.took) * width, Math.max(2, (time / request.took) * width)];
        const text = `${name}, ${seconds(time)}`;
        const fits = x + size + 8 + text.length * 6.6 < width;
        const inside = !fits && text.length * 6.6 + 12 < size;
        const before = !fits && !inside;
        svg.append(
            draw("rect", {x: 0, y: i * LINE + 3, width, height: LINE - 6, rx: 3, class: "share-ground"}),
            draw("rect", {x, y: i * LINE + 3, width: size, height: LINE - 6, rx: 3, class: kind}),
            draw("text", {
                x: inside ? x + 8 : before ? x - 8 : x + size + 8, y: i * LINE + 14,
                class: inside ? "on" : before ? "end" : "",
            }, text));
        at += time;
    });
    return svg;
}

function item(request, width) {
    const {method, path, endpoint, status, took, ended, worker, id} = request;
    return make("li", {},
        make("p", {}, make("strong", {}, seconds(took)), ` ${method} ${path} `,
            make("span", {class: "note"}, `${status || "no answer"}, ${endpoint}, worker ${worker}, ${ago(Date.now() / 1000 - ended)}, ${id}`)),
        waterfall(request, width));
}

export function startSlowest() {
    const list = find("#slowest ol");
    let shown = "", requests = [];
    function show() {
        const now = `${list.clientWidth} ${requests.map(({id}) => id).join(" ")}`;
        if (now === shown) return;
        shown = now;
        find("#slowest > .note").hidden = requests.length > 0;
        list.replaceChildren(...requests.slice(0, SHOWN).map((one) => item(one, Math.max(220, list.clientWidth))));
    }
    addEventListener("resize", show);
    whileSeen(find("#slowest"), PERIOD, async () => {
        ({requests} = await (await ask("slow.json")).json());
        show();
    });
}
