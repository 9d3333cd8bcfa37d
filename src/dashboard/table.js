// Tables whose rows stay what they are while their numbers change, and which can be sorted by their heads.
import {keepRows, make, say, write} from "./dom.js";

// columns: {title, left, text(item) or fill(cell, item), value(item) to sort by, title}. One with a value gets a button.
// options: sort, the number of the column to begin with; most, how many rows until all are asked for; chosen(item);
// more, the button that asks for all. Items have a key. Returns update(items).
export function makeTable(table, columns, options = {}) {
    const state = {by: options.sort ?? -1, up: false, all: false, items: [], rows: new Map()};
    const heads = columns.map((column, i) => makeHead(column, () => {
        state.up = state.by === i ? !state.up : column.left === true;
        state.by = i;
        show();
    }));
    table.tHead.rows[0].append(...heads);
    options.more?.addEventListener("click", () => {
        state.all = true;
        show();
    });

    function sorted() {
        const {value} = columns[state.by] ?? {};
        if (!value) return state.items;
        const sign = state.up ? 1 : -1;
        return [...state.items].sort((a, b) => sign * compare(value(a), value(b)) || compare(a.key, b.key));
    }

    function show() {
        const items = sorted();
        const most = state.all ? Infinity : options.most ?? Infinity;
        heads.forEach((head, i) => {
            if (columns[i].value) head.setAttribute("aria-sort", i !== state.by ? "none" : state.up ? "ascending" : "descending");
        });
        keepRows(table.tBodies[0], state.rows, items.slice(0, most), (item) => makeRow(columns, options, item));
        if (options.more) {
            options.more.hidden = items.length <= most;
            write(options.more, `Show all ${items.length}`);
        }
    }
    return (items) => {
        state.items = items;
        show();
    };
}

function compare(a, b) {
    if (typeof a === "string") return a.localeCompare(b, "en", {numeric: true});
    return (Number.isFinite(a) ? a : -1) - (Number.isFinite(b) ? b : -1);
}

function makeHead(column, sort) {
    const head = make("th", {scope: "col", class: column.left ? "left" : null});
    if (!column.value) {
        head.textContent = column.title;
        return head;
    }
    const button = make("button", {type: "button"}, column.title);
    button.addEventListener("click", sort);
    head.append(button);
    return head;
}

function makeRow(columns, options, first) {
    let item = first;
    const cells = columns.map((column, i) => (
        make(i ? "td" : "th", {scope: i ? null : "row", class: column.left ? "left" : null})));
    columns.forEach((column, i) => column.begin?.(cells[i], () => item));
    const row = make("tr", {}, ...cells);
    return {row, update(now) {
        item = now;
        row.classList.toggle("chosen", options.chosen?.(now) === true);
        columns.forEach((column, i) => (column.fill ? column.fill(cells[i], now) : say(cells[i], [column.text(now)])));
    }};
}

// A column whose cell holds a verdict as a word, with its kind: "bad", "good", "open" or "".
export const wordColumn = (title, wordOf) => ({
    title, left: true,
    begin: (cell) => cell.append(make("span", {class: "word"})),
    fill(cell, item) {
        const [word, kind] = wordOf(item);
        cell.firstChild.className = `word ${kind}`;
        write(cell.firstChild, word);
    },
});
