// Clients, and versions of the API.
import {find} from "./dom.js";
import {ago, count, percent} from "./format.js";
import {makeTable, wordColumn} from "./table.js";

const wordOf = ({old, version, count: number}) => (
    old ? (number ? ["old", "bad"] : ["old, gone", ""]) : version ? ["newest", "good"] : ["no version", ""]);

export function makeClients() {
    let now;
    const update = makeTable(find("#clients table"), [
        {title: "Client", left: true, value: (one) => one.client, text: (one) => (one.byPath ? `path ${one.client}` : one.client)},
        wordColumn("Version", wordOf),
        {title: "Requests", value: (one) => one.count, text: (one) => count(one.count)},
        {title: "Share", value: (one) => one.share, text: (one) => percent(one.share)},
        {title: "Seen", value: (one) => one.seen, text: (one) => (one.seen ? ago(now - one.seen) : "before this page")},
    ], {sort: 2});
    return (view, answer) => {
        now = view.model.at;
        const all = {true: 0, false: 0};
        for (const {byPath, count: number} of answer.clients) all[byPath] += number;
        update(answer.clients.map((one) => ({...one, key: `${one.byPath} ${one.client}`, share: one.count / (all[one.byPath] || 1)})));
    };
}
