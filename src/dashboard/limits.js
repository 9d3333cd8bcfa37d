// What the limits of downstreams (--downstream) hold back: a table that is there when there are any.
import {find} from "./dom.js";
import {count, seconds} from "./format.js";
import {named, sum} from "./model.js";
import {makeTable, wordColumn} from "./table.js";

const STATES = ["open", "half-open", "closed"];
const KINDS = {open: "bad", "half-open": "open", closed: "good"};

// Sums by what is asked for of a downstream: of("waiting"), of("breaker", "state", "open").
function limitsOf({model, period}) {
    const names = new Set(named(model, "greenroom_downstream_answers").map(({labels}) => labels.downstream));
    return [...names].map((key) => {
        const list = (name, label, value) => named(model, `greenroom_downstream_${name}`)
            .filter(({labels}) => labels.downstream === key && (!label || labels[label] === value));
        const of = (...which) => list(...which).reduce((all, {value}) => all + value, 0);
        const lately = (...which) => sum(list(...which), period.from).value;
        const turns = sum(list("turn_seconds"), period.from);
        return {
            key, connections: of("connections_open"), most: of("connections_limit"), waiting: of("waiting"),
            calls: of("calls_open"), mostCalls: of("calls_limit"), turn: turns.count ? turns.value / turns.count : 0,
            states: STATES.map((state) => ({state, workers: of("breaker", "state", state)})).filter(({workers}) => workers),
            opened: lately("breaker_opened"), refused: lately("refused"), late: lately("timeouts"), failed: lately("failures"),
        };
    });
}

// The worst of the workers' breakers, and in how many it is so, if not in all.
function breaker({states}) {
    if (!states.length) return ["none", ""];
    const [{state, workers}] = states;
    return [states.length > 1 ? `${state} in ${count(workers)}` : state, KINDS[state]];
}

const of = (now, most) => (most ? `${count(now)} of ${count(most)}` : count(now));

export function makeLimits() {
    const place = find("#limits");
    const update = makeTable(find("#limits table"), [
        {title: "Downstream", left: true, value: (one) => one.key, text: (one) => one.key},
        wordColumn("Breaker", breaker),
        {title: "Connections", value: (one) => one.connections, text: (one) => of(one.connections, one.most)},
        {title: "Calls", value: (one) => one.calls, text: (one) => (one.mostCalls ? of(one.calls, one.mostCalls) : "–")},
        {title: "Waiting", value: (one) => one.waiting, text: (one) => count(one.waiting)},
        {title: "A turn takes", value: (one) => one.turn, text: (one) => (one.turn ? seconds(one.turn) : "–")},
        {title: "Failed", value: (one) => one.failed, text: (one) => count(one.failed)},
        {title: "Timed out", value: (one) => one.late, text: (one) => count(one.late)},
        {title: "Refused", value: (one) => one.refused, text: (one) => count(one.refused)},
        {title: "Opened", value: (one) => one.opened, text: (one) => count(one.opened)},
    ]);
    return (view) => {
        const limits = limitsOf(view);
        place.hidden = !limits.length;
        if (limits.length) update(limits);
    };
}
