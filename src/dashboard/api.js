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

export async function ask(path, options = {}) {
    const headers = token ? {Authorization: `Bearer ${token}`} : {};
    const answer = await fetch(path, {...options, headers, cache: "no-store", credentials: "omit", redirect: "error"});
    if (!answer.ok) throw new Refused(answer.status, (await answer.text()).trim());
    return answer;
}
