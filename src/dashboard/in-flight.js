// The requests that are being answered now, and, of one that is chosen, where it is in its code.
import {ask} from "./api.js";
import {find, make, write} from "./dom.js";
import {seconds} from "./format.js";
import {makeTable} from "./table.js";
import {whileSeen} from "./seen.js";

const PERIOD = 2000; // ms

// The stack is asked for once, when somebody wants to see it.
async function showStack(id) {
    const place = find("#in-flight pre");
    place.hidden = false;
    place.textContent = "Asking the worker …";
    try {
        place.textContent = await (await ask(`stacks/${encodeURIComponent(id)}`)).text();
    } catch (error) {
        place.textContent = error.status === 404 ? "It has been answered meanwhile." : error.message;
    }
    place.focus();
}

function beginButton(cell, item) {
    const button = make("button", {type: "button"}, "Stack");
    button.addEventListener("click", () => showStack(item().id));
    cell.append(button);
}

export function startInFlight() {
    const update = makeTable(find("#in-flight table"), [
        {title: "Request", left: true, value: (one) => `${one.method} ${one.target}`, text: (one) => `${one.method} ${one.target}`},
        {title: "Age", value: (one) => one.age, text: (one) => seconds(one.age)},
        {title: "Is doing", left: true, text: (one) => one.doing},
        {title: "Most of its time", left: true, text: (one) => one.most},
        {title: "", left: true, begin: beginButton,
            fill: (cell, one) => cell.firstChild.setAttribute("aria-label", `Stack of ${one.method} ${one.target}, ${one.id}`)},
        {title: "Worker", value: (one) => one.worker, text: (one) => one.worker},
        {title: "Client", left: true, text: (one) => one.client},
    ], {sort: 1, most: 10, more: find("#in-flight .more")});
    whileSeen(find("#in-flight"), PERIOD, async () => {
        const {requests, silent} = await (await ask("requests.json")).json();
        update(requests.map((one) => ({...one, key: `${one.worker} ${one.id}`})));
        find("#in-flight .scroll").hidden = !requests.length;
        write(find("#in-flight .note"), [...requests.length ? [] : ["No request is being answered now."], ...silent].join(" "));
    });
}
