/** The script beside "Messages as they go out": listens while the box is open and the page is seen, and shows the last ones. */
export const WATCH_SCRIPT = `
const box = document.getElementById("watch-box");
if (box && "EventSource" in window) {
  const MOST = 50;
  const list = document.getElementById("watch-list");
  const state = document.getElementById("watch-state");
  const prefix = document.getElementById("watch-prefix");
  const command = document.getElementById("watch-command");
  const base = command.textContent.slice(0, command.textContent.lastIndexOf("-t "));
  let source;
  let missed = 0;
  const say = (text) => { if (state.textContent !== text) state.textContent = text; };
  const part = (name, kind, text) => {
    const element = document.createElement(name);
    element.className = kind;
    element.textContent = text;
    return element;
  };
  const show = ({ time, topic, bytes, text, cut, retained, replay }) => {
    const row = document.createElement("li");
    const notes = [time, bytes + " B"].concat(retained ? ["retained"] : [], replay ? ["sent again"] : []);
    row.append(part("code", "topic", topic), part("span", "soft small", notes.join(", ")));
    row.append(part("code", "payload", bytes === 0 ? "(removed)" : text + (cut ? " …" : "")));
    list.prepend(row);
    while (list.children.length > MOST) list.lastElementChild.remove();
  };
  const stop = () => { source?.close(); source = undefined; };
  const follow = () => {
    stop();
    if (!box.open || document.hidden) return;
    say("Waiting for the next message.");
    missed = 0;
    source = new EventSource("/api/link/messages?prefix=" + encodeURIComponent(prefix.value));
    source.onmessage = ({ data }) => {
      show(JSON.parse(data));
      say("The last " + list.children.length + ", newest first" + (missed > 0 ? "; " + missed + " more were too many to show" : "") + ".");
    };
    source.addEventListener("missed", ({ data }) => { missed += Number(data); });
    source.onerror = () => say(source?.readyState === 2 ? "Too many watch already, or the gateway has no bridge." : "The gateway does not answer; trying again.");
  };
  box.hidden = false;
  box.addEventListener("toggle", follow);
  document.addEventListener("visibilitychange", follow);
  let typing;
  prefix.addEventListener("input", () => {
    const levels = prefix.value.slice(0, prefix.value.lastIndexOf("/") + 1).replaceAll("'", "");
    command.textContent = base + "-t '" + levels + "#'";
    clearTimeout(typing);
    typing = setTimeout(() => { list.replaceChildren(); follow(); }, 400);
  });
}
document.addEventListener("click", async ({ target }) => {
  const text = target instanceof Element && document.getElementById(target.closest("[data-copy]")?.dataset.copy ?? "");
  if (!text) return;
  try {
    await navigator.clipboard.writeText(text.textContent);
    target.textContent = "Copied";
  } catch {
    getSelection()?.selectAllChildren(text); // without https a page may not write there: it is one key away
  }
});
`;
