// The table of endpoints, from which one is chosen.
import {find, make, write} from "./dom.js";
import {count, percent, rate, seconds} from "./format.js";
import {makeTable} from "./table.js";

// choose(key) is called when somebody has chosen one. Returns show(view).
export function makeEndpoints(choose) {
    let view;
    const columns = [
        {title: "Endpoint", left: true, value: (one) => one.key, begin: beginName, fill: fillName},
        {title: "A second", value: (one) => one.rate, text: (one) => rate(one.rate)},
        {title: "Requests", value: (one) => one.count, text: (one) => count(one.count)},
        {title: "Median", value: (one) => one.p50, text: (one) => seconds(one.p50)},
        {title: "99th percentile", value: (one) => one.p99, text: (one) => seconds(one.p99)},
        {title: "Errors", value: (one) => one.errors / one.count, text: (one) => (one.count ? percent(one.errors / one.count) : "–")},
        {title: "Of all time", value: (one) => one.seconds, text: (one) => percent(one.seconds / (view.seconds || 1))},
    ];
    function beginName(cell, item) {
        const button = make("button", {type: "button"}, make("span", {class: "method"}), " ", make("span"));
        button.addEventListener("click", () => choose(item().key));
        cell.append(button);
    }
    function fillName(cell, {key, method, endpoint}) {
        const button = cell.firstChild;
        write(button.firstChild, method);
        write(button.lastChild, endpoint);
        button.setAttribute("aria-pressed", key === view.endpoint?.key);
    }
    const update = makeTable(find("#endpoints"), columns, {
        sort: 6, most: 12, more: find("#percentile .more"), chosen: ({key}) => key === view.endpoint?.key,
    });
    return (now) => {
        view = {...now, seconds: now.endpoints.reduce((sum, one) => sum + one.seconds, 0)};
        update(view.endpoints);
    };
}
