// The chats: tabs of people, bubbles, keyboards, the line to write in.

import { act, clock, day, find, lang, make, redraw, say, tell } from "./dom.js";

const log = find("#log");
const text = find("#text");
const menu = find("#menu");
const TYPING_MS = 5000;
const TOAST_MS = 3500;

let bot = { name: "", username: "" };
let tabs = [];
let current; // chat id of the tab that is shown
const messages = new Map(); // chat → id → message
const unread = new Map();
const drafts = new Map();
const typingUntil = new Map();
const speakers = new Map(); // chat → who writes in a group
let replyTo;
let toastTimer;

const tab = () => tabs.find((tab) => tab.chat === current);
const isLooking = () => getComputedStyle(find("#chat")).display !== "none";

// What is heard.

export function setTabs(told) {
  bot = told.bot;
  tabs = told.chats;
  if (!tab()) current = tabs[0]?.chat;
  drawTabs();
  drawAround();
}

export function setMessages({ all, list }) {
  if (all) messages.clear();
  for (const message of list) {
    if (!messages.has(message.chat)) messages.set(message.chat, new Map());
    const here = messages.get(message.chat);
    const isNew = !here.has(message.id);
    if (message.is_deleted) here.delete(message.id);
    else here.set(message.id, message);
    if (message.from === "bot") typingUntil.delete(message.chat);
    if (all) continue;
    if (isNew && message.from !== "person" && (message.chat !== current || !isLooking())) {
      unread.set(message.chat, (unread.get(message.chat) ?? 0) + 1);
    }
    if (message.chat === current) put(message);
  }
  if (all) drawLog();
  drawTabs();
  drawState();
}

export function typing({ chat }) {
  typingUntil.set(chat, Date.now() + TYPING_MS);
  drawState();
  setTimeout(drawState, TYPING_MS);
}

/** The chat came into view: what is there has been read. */
export function look() {
  unread.delete(current);
  drawTabs();
  log.scrollTop = log.scrollHeight;
}

export function draw() {
  drawTabs();
  drawAround();
  drawLog();
}

// The tabs.

function drawTabs() {
  const n = [...unread.values()].reduce((sum, n) => sum + n, 0);
  find('.views [data-view="chat"]').dataset.unread = n || "";
  const buttons = tabs.map(({ chat, title }) => {
    const n = unread.get(chat);
    return make("button", {
      type: "button", role: "tab", id: `tab${chat}`, "data-key": `tab${chat}`, "data-unread": n,
      "aria-selected": String(chat === current), "aria-controls": "phone", tabindex: chat === current ? 0 : -1,
      "aria-label": n && say("unread", { title, count: n }),
      onclick: () => turnTo(chat),
    }, title);
  });
  redraw(find("#tabs"), buttons);
  find("#phone").setAttribute("aria-labelledby", `tab${current}`);
}

find("#tabs").addEventListener("keydown", (event) => {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!step) return;
  const at = tabs.findIndex((tab) => tab.chat === current);
  turnTo(tabs[(at + step + tabs.length) % tabs.length].chat);
  find(`#tab${current}`).focus();
});

function turnTo(chat) {
  drafts.set(current, text.value);
  current = chat;
  text.value = drafts.get(chat) ?? "";
  setReply();
  unread.delete(chat);
  drawTabs();
  drawAround();
  drawLog();
}

const add = find("#add");
add.addEventListener("click", () => setAdding(find("#new").hidden));

function setAdding(isOpen) {
  find("#new").hidden = !isOpen;
  add.setAttribute("aria-expanded", isOpen);
  if (isOpen) find("#new-name").focus();
}

async function added(made) {
  if (!made) return;
  find("#new-name").value = "";
  setAdding(false);
  // The tab comes by the events, before or after this answer.
  while (!tabs.some((tab) => tab.chat === made.chat)) await new Promise((go) => setTimeout(go, 50));
  turnTo(made.chat);
}

find("#new").addEventListener("submit", async (event) => {
  event.preventDefault();
  await added(await act("person", { name: find("#new-name").value, language: find("#new-language").value }));
});
find("#new-group").addEventListener("click", async () => {
  await added(await act("group", { title: find("#new-name").value.trim() || say("group-title") }));
});

// What stands around the messages.

function drawAround() {
  const here = tab();
  if (!here) return;
  find("#bot-name").textContent = here.is_group ? here.title : bot.name;
  const isOff = !here.is_started || here.is_blocked;
  find("#composer").hidden = isOff;
  find("#start").hidden = !isOff;
  find("#start").textContent = say(here.is_blocked ? "unblock" : "start");
  find("#block").hidden = isOff || here.is_group;
  find("#commands").hidden = here.commands.length === 0;
  const speaker = find("#speaker");
  speaker.hidden = !here.is_group;
  redraw(find("select", speaker), here.people.map(({ id, name }) => make("option", { value: id }, name)));
  find("select", speaker).value = who().person;
  drawState();
}

function drawState() {
  const isTyping = (typingUntil.get(current) ?? 0) > Date.now();
  const state = find("#bot-state");
  const said = isTyping ? say("typing") : say("is-bot");
  if (state.textContent !== said) state.textContent = said;
  state.classList.toggle("typing", isTyping);
}

/** Who acts in the chat that is shown. */
function who() {
  const here = tab();
  return { person: speakers.get(current) ?? here.people[0].id, chat: current };
}

find("#speaker select").addEventListener("change", (event) => speakers.set(current, Number(event.target.value)));
find("#block").addEventListener("click", () => act("block", { ...who(), blocked: true }));
find("#start").addEventListener("click", async () => {
  if (tab().is_blocked) await act("block", { ...who(), blocked: false });
  else await write("/start");
  text.focus();
});

// The messages.

function drawLog() {
  log.setAttribute("aria-busy", "true"); // read out is what comes, not all there is
  log.replaceChildren();
  for (const message of messages.get(current)?.values() ?? []) put(message);
  log.scrollTop = log.scrollHeight;
  requestAnimationFrame(() => log.removeAttribute("aria-busy"));
}

// What is written last stays in sight when the window changes: a phone's keyboard opens and closes.
let isLow = true;
log.addEventListener("scroll", () => { isLow = log.scrollHeight - log.scrollTop - log.clientHeight < 160; });
new ResizeObserver(() => { if (isLow) log.scrollTop = log.scrollHeight; }).observe(log);

/** Shows a message where it belongs, or as it is now. */
function put(message) {
  const wasLow = isLow;
  const old = find(`[data-id="${message.id}"]`, log);
  if (message.is_deleted) {
    old?.remove();
    return;
  }
  if (old) {
    const focused = old.contains(document.activeElement) && document.activeElement.dataset.key;
    const node = bubble(message, true);
    old.replaceWith(node);
    if (focused) (find(`[data-key="${focused}"]`, node) ?? find("button, a", node) ?? log).focus({ preventScroll: true });
  } else {
    const date = day(message.sent);
    if (log.dataset.day !== date || !log.childElementCount) log.append(make("p", { class: "day" }, date));
    log.dataset.day = date;
    log.append(bubble(message, false));
  }
  if (wasLow || (!old && message.from === "person")) log.scrollTop = log.scrollHeight;
}

function bubble(message, isChanged) {
  if (message.from === "service") {
    return make("p", { class: "day", "data-id": message.id }, say(message.text ? "service" : "joined"));
  }
  const isOurs = message.from === "person";
  const author = isOurs ? (tab().is_group ? message.name : say("you")) : bot.name;
  const body = make("div", { class: "bubble" },
    make("span", { class: tab().is_group ? "author" : "unseen" }, author, " "),
    message.reply_to && make("span", { class: "quote" }, message.reply_to.text),
    message.file && attached(message.file),
    message.text && make("div", { class: "text" }, rich(message.text, message.entities)),
    make("span", { class: "meta" }, message.edited && `${say("edited")} `, clock(message.sent)),
  );
  const isAnswerable = tab().is_group && !isOurs;
  return make("div", { class: `message ${isOurs ? "ours" : "theirs"}${isChanged ? " changed" : ""}`, "data-id": message.id },
    body,
    message.keyboard.length > 0 && make("div", { class: "keyboard" }, message.keyboard.map((row, r) =>
      make("div", { class: "row" }, row.map((button, c) => key(message, button, `k${message.id}.${r}.${c}`))))),
    isAnswerable && make("button", { type: "button", class: "plain answer", "data-key": `r${message.id}`, onclick: () => setReply(message) }, say("reply")),
  );
}

function attached({ is_photo, name, size, width, height, url }) {
  if (is_photo) return make("img", { src: url, width, height, alt: say("photo") });
  return make("a", { class: "file", href: url, download: name ?? true, "data-key": url },
    name ?? say("file"), make("small", {}, `${(size / 1024).toLocaleString(lang, { maximumFractionDigits: 1 })} KB`));
}

/** A button under a message. */
function key(message, button, id) {
  if (button.url) {
    const start = ownStart(button.url);
    const inside = { class: "page", "data-key": id, "aria-label": say("opens-page", { text: button.text }) };
    return start ?? link(button.url, inside, button.text) ?? make("span", {}, button.text);
  }
  return make("button", { type: "button", "data-key": id, disabled: button.data == null, onclick: (event) => press(event, message, button) }, button.text);

  // A link to this bot opens this chat.
  function ownStart(url) {
    const word = startWord(url);
    return word && make("button", { type: "button", "data-key": id, onclick: () => write(word) }, button.text);
  }
}

async function press(event, message, { data }) {
  const pressed = event.currentTarget;
  pressed.setAttribute("aria-busy", "true");
  const toast = await act("press", { ...who(), message: message.id, data });
  pressed.removeAttribute("aria-busy");
  if (!toast?.text) return;
  if (toast.alert) {
    find("#alert p").textContent = toast.text;
    find("#alert").showModal();
    return;
  }
  find("#toast").textContent = toast.text;
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => { find("#toast").textContent = ""; }, TOAST_MS);
}

const TAGS = {
  bold: "strong", italic: "em", underline: "u", strikethrough: "s", code: "code", pre: "pre",
  blockquote: "blockquote", expandable_blockquote: "blockquote",
};

/** A text with its markup, as nodes. Entities count as JavaScript does, in UTF-16 units, and lie inside one another. */
function rich(text, entities, from = 0, to = text.length) {
  const nodes = [];
  let at = from;
  for (let i = 0; i < entities.length;) {
    const outer = entities[i];
    const end = outer.offset + outer.length;
    const inner = [];
    for (i += 1; i < entities.length && entities[i].offset < end; i += 1) inner.push(entities[i]);
    nodes.push(...plain(text.slice(at, outer.offset)));
    nodes.push(marked(outer, rich(text, inner, outer.offset, end), text.slice(outer.offset, end)));
    at = end;
  }
  nodes.push(...plain(text.slice(at, to)));
  return nodes;
}

function marked(entity, nodes, text) {
  const tag = TAGS[entity.type];
  if (tag) return make(tag, {}, nodes);
  if (entity.type === "spoiler") {
    return make("button", { type: "button", class: "spoiler", onclick: (event) => event.currentTarget.classList.add("seen") }, nodes);
  }
  if (entity.type === "text_link" || entity.type === "url") return link(entity.url ?? text, {}, nodes) ?? make("span", {}, nodes);
  return make("span", {}, nodes);
}

/** A text in which commands can be pressed, as in any chat with a bot. */
function plain(text) {
  return text.split(/(?<![\w/])(\/[a-z_]{2,32})(?![\w/])/).map((part, n) => {
    if (n % 2 === 0) return document.createTextNode(part);
    return make("button", { type: "button", class: "command", onclick: () => write(part) }, part);
  });
}

/** A link to somewhere else; nothing when it is no address of a page. */
function link(url, attributes, ...children) {
  const parsed = URL.parse?.(url) ?? (URL.canParse(url) ? new URL(url) : null);
  if (!parsed || !["https:", "http:"].includes(parsed.protocol)) return null;
  return make("a", { href: parsed.href, target: "_blank", rel: "noopener noreferrer", ...attributes }, ...children);
}

/** What `t.me/<this bot>?start=…` makes a person write; nothing for other links. */
function startWord(url) {
  const found = /^https:\/\/t\.me\/(\w+)\?start=([\w-]+)$/.exec(url);
  return found && found[1] === bot.username ? `/start ${found[2]}` : null;
}

// Writing.

async function write(what) {
  const body = { ...who(), text: what };
  if (replyTo) body.reply_to = replyTo;
  setReply();
  return act("say", body);
}

function setReply(message) {
  replyTo = message?.id;
  find("#reply").hidden = !message;
  find("#reply span").textContent = message ? message.text.split("\n")[0] : "";
  if (message) text.focus();
}
find("#reply button").addEventListener("click", () => setReply());

find("#composer").addEventListener("submit", async (event) => {
  event.preventDefault();
  const what = text.value;
  if (!what.trim()) return;
  text.value = "";
  setMenu(false);
  if (!await write(what)) text.value ||= what;
});

text.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    find("#composer").requestSubmit();
  } else if (event.key === "ArrowDown" && !menu.hidden) {
    event.preventDefault();
    find("button", menu)?.focus();
  } else if (event.key === "Escape") {
    setMenu(false);
  }
});

text.addEventListener("input", () => {
  setMenu(/^\/\w*$/.test(text.value), text.value);
});

// The menu of commands.

function setMenu(isOpen, begins = "/") {
  const fitting = isOpen ? tab().commands.filter(({ name }) => `/${name}`.startsWith(begins)) : [];
  redraw(menu, fitting.map(({ name, means }) =>
    make("li", { role: "none" }, make("button", { type: "button", role: "menuitem", "data-key": `c${name}`, onclick: () => choose(name) },
      make("b", {}, `/${name}`), " ", means))));
  menu.hidden = fitting.length === 0;
  find("#commands").setAttribute("aria-expanded", !menu.hidden);
}

function choose(name) {
  setMenu(false);
  text.value = "";
  text.focus();
  write(`/${name}`);
}

find("#commands").addEventListener("click", () => {
  setMenu(menu.hidden);
  find("button", menu)?.focus();
});

menu.addEventListener("keydown", (event) => {
  const items = [...menu.querySelectorAll("button")];
  const at = items.indexOf(document.activeElement);
  const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 }[event.key];
  if (next !== undefined) {
    event.preventDefault();
    items[(next + items.length) % items.length].focus();
  } else if (event.key === "Escape") {
    setMenu(false);
    text.focus();
  }
});

document.addEventListener("click", ({ target }) => {
  if (!menu.contains(target) && !find("#commands").contains(target) && target !== text) setMenu(false);
});
