// What is asked of the server again and again only while somebody can see what comes of it.

export function whileSeen(section, period, act) {
    let timer, visible = false, acting = false;
    async function go() {
        clearTimeout(timer);
        if (!visible || document.hidden || acting) return;
        acting = true;
        try {
            await act();
        } catch { // the state of the page says what is wrong with the server
        }
        acting = false;
        timer = setTimeout(go, period);
    }
    new IntersectionObserver(([entry]) => {
        visible = entry.isIntersecting;
        go();
    }).observe(section);
    document.addEventListener("visibilitychange", go);
}
