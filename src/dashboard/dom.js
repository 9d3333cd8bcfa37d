// Making and filling elements. Text is always text: nothing that comes from the server is ever read as HTML.

const SVG = "http://www.w3.org/2000/svg";

function fill(node, attributes, children) {
    for (const [name, value] of Object.entries(attributes))
        if (value !== undefined && value !== null) node.setAttribute(name, value);
    node.append(...children.flat().filter((child) => child !== null && child !== undefined));
    return node;
}

export function make(name, attributes = {}, ...children) {
    return fill(document.createElement(name), attributes, children);
}

export function draw(name, attributes = {}, ...children) {
    return fill(document.createElementNS(SVG, name), attributes, children);
}

export const find = (selector) => document.querySelector(selector);

// The text of a sentence: strings, and {strong: string} for what is to be seen at once.
export const plain = (sentence) => sentence.map((part) => part.strong ?? part).join("");

// Leaves alone what says the same already, so that it can be selected and copied.
export function say(node, sentence) {
    if (node.textContent === plain(sentence)) return;
    node.replaceChildren(...sentence.map((part) => (part.strong === undefined ? part : make("strong", {}, part.strong))));
}

export function write(node, text) {
    if (node.textContent !== text) node.textContent = text;
}

// The options of a select behind the first ones, which stay.
export function offer(select, names, first = 0) {
    const options = [...select.options];
    if (options.slice(first).map(({value}) => value).join("\n") === names.join("\n")) return;
    select.replaceChildren(...options.slice(0, first), ...names.map((name) => make("option", {value: name}, name)));
}

// An SVG as wide as its place, which is redrawn whole. label says the same in words.
export function picture(place, height, label, paint) {
    const width = Math.max(240, Math.floor(place.clientWidth));
    const root = draw("svg", {
        viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": label,
    });
    paint(root, width, height);
    place.replaceChildren(root);
}

// The rows of a table body, kept by key, so that focus and selection survive. make(key) gives
// {row, update(item)}; items are in order and have a key.
export function keepRows(body, rows, items, makeRow) {
    const wanted = new Set(items.map((item) => item.key));
    for (const [key, kept] of rows) {
        if (wanted.has(key)) continue;
        kept.row.remove();
        rows.delete(key);
    }
    let at = body.firstElementChild;
    for (const item of items) {
        let kept = rows.get(item.key);
        if (!kept) rows.set(item.key, (kept = makeRow(item)));
        kept.update(item);
        if (kept.row === at) at = at.nextElementSibling;
        else body.insertBefore(kept.row, at);
    }
}
