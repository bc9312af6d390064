// Small things every part of the page uses: elements, texts in two languages, times, requests.

const TEXTS = await (await fetch("/texts.json")).json();
const ZONE = "Europe/Moscow";

export let lang = localStorage.getItem("lang") ?? (navigator.language.startsWith("ru") ? "ru" : "en");

export function speak(other) {
  lang = other;
  localStorage.setItem("lang", other);
}

/** The text with this key, `{name}` replaced by values; with `n`, in the form its count needs. */
export function say(key, values = {}) {
  const texts = TEXTS[lang];
  const form = "n" in values ? `${key}-${new Intl.PluralRules(lang).select(values.n)}` : key;
  const text = texts[form] ?? texts[key];
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}

/** The text of a refusal, known or not. */
export const sayRefused = (why) => TEXTS[lang][`refused-${why}`] ?? say("refused-other");

/** Writes texts into what stands in the page from the start. */
export function sayAll() {
  document.documentElement.lang = lang;
  for (const node of document.querySelectorAll("[data-text]")) node.textContent = say(node.dataset.text);
  for (const node of document.querySelectorAll("[data-label]")) node.setAttribute("aria-label", say(node.dataset.label));
  for (const node of document.querySelectorAll("[data-hint]")) node.placeholder = say(node.dataset.hint);
}

export const find = (selector, parent = document) => parent.querySelector(selector);

/** An element. Texts are only ever put in as texts, never as markup. */
export function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value == null) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat().filter((child) => child != null && child !== false));
  return node;
}

/** Replaces what is in an element; who had the focus, by its `data-key`, keeps it. */
export function redraw(parent, ...children) {
  const focused = parent.contains(document.activeElement) ? document.activeElement.dataset.key : undefined;
  parent.replaceChildren(...children.flat());
  if (focused) find(`[data-key="${CSS.escape(focused)}"]`, parent)?.focus({ preventScroll: true });
}

const format = (options) => (at) => new Intl.DateTimeFormat(lang, { timeZone: ZONE, hourCycle: "h23", ...options }).format(at);
export const clock = format({ hour: "2-digit", minute: "2-digit" });
export const second = format({ hour: "2-digit", minute: "2-digit", second: "2-digit" });
export const day = format({ day: "numeric", month: "long" });
export const dayAndTime = format({ weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });

/** "1,5 с", "2 мин", "3 ч", "1 дн." */
export function length(ms) {
  const [unit, size] = [["days", 86_400_000], ["hours", 3_600_000], ["minutes", 60_000], ["seconds", 1000]]
    .find(([, size]) => ms >= size) ?? ["seconds", 1000];
  const n = (ms / size).toLocaleString(lang, { maximumFractionDigits: 1 });
  return say(unit, { n });
}

/** One line above everything: something went wrong. Empty = nothing did. */
export function tell(text) {
  find("#line").textContent = text;
}

/** Presses something; what came of it, or nothing when it was refused. */
export async function act(what, body) {
  try {
    const answer = await fetch(`/act/${what}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
    const said = await answer.json().catch(() => ({}));
    tell(answer.ok ? "" : sayRefused(said.refused));
    return answer.ok ? said : undefined;
  } catch {
    tell(say("offline"));
  }
}
