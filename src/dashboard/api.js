// Asking the admin listener, with the token if it wants one. The token is sent in a field of the head and nowhere else: it
// is in no address, and is forgotten with the tab.

const KEY = "greenroom token";
let token = sessionStorage.getItem(KEY);

export function setToken(value) {
    token = value;
    sessionStorage.setItem(KEY, value);
}

export class Refused extends Error {
    constructor(status, why) {
        super(why);
        this.status = status;
    }
}

// Fields of a head are bytes, and the file of the token is UTF-8.
const bytes = (text) => String.fromCharCode(...new TextEncoder().encode(text));

export async function ask(path, options = {}) {
    const headers = token ? {Authorization: `Bearer ${bytes(token)}`} : {};
    const answer = await fetch(path, {...options, headers, cache: "no-store", credentials: "omit", redirect: "error"});
    if (!answer.ok) throw new Refused(answer.status, (await answer.text()).trim());
    return answer;
}
