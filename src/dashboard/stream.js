// Following /events: server-sent events, read by fetch, since EventSource cannot send a token. Comes back by itself when the
// server was restarted or upgraded, and leaves when nobody has looked for a while.
import {ask} from "./api.js";

const SILENCE = 8000; // ms: longer than that, and the connection is taken for dead
const HIDDEN = 300000;
const PAUSES = [250, 500, 1000, 2000];

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// The data of one event; "" where it has none.
const dataOf = (event) => event.split("\n").filter((line) => line.startsWith("data:"))
    .map((line) => line.slice(line.startsWith("data: ") ? 6 : 5)).join("\n");

async function* events(body, alive) {
    const reader = body.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    for (let part; !(part = await reader.read()).done;) {
        alive();
        text += part.value;
        const whole = text.split("\n\n");
        text = whole.pop();
        for (const event of whole) if (dataOf(event)) yield JSON.parse(dataOf(event));
    }
}

async function once(on) {
    const control = new AbortController();
    let timer;
    const alive = () => {
        clearTimeout(timer);
        timer = setTimeout(() => control.abort(), SILENCE);
    };
    const leave = () => document.hidden && control.abort();
    const hidden = () => document.hidden && setTimeout(leave, HIDDEN);
    document.addEventListener("visibilitychange", hidden);
    try {
        alive();
        const answer = await ask("events", {signal: control.signal});
        for await (const snapshot of events(answer.body, alive)) on.snapshot(snapshot);
    } finally {
        clearTimeout(timer);
        document.removeEventListener("visibilitychange", hidden);
    }
}

const seen = () => document.hidden ? new Promise((resolve) => (
    document.addEventListener("visibilitychange", resolve, {once: true}))) : null;

// on.snapshot(snapshot), on.lost(error), and on.token(), which resolves when there is another token. Never returns.
export async function follow(on) {
    for (let failures = 0; ; failures++) {
        await seen();
        try {
            await once({...on, snapshot: (snapshot) => {
                failures = 0;
                on.snapshot(snapshot);
            }});
            on.lost(new Error("the server has ended the connection"));
        } catch (error) {
            on.lost(error);
            if (error.status === 401) await on.token();
        }
        await pause(PAUSES[Math.min(failures, PAUSES.length - 1)]);
    }
}
