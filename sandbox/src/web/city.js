// The city: clinics, doctors, talons; and what the pinger asks and learns.

import { act, dayAndTime, find, lang, length, make, redraw, say, second } from "./dom.js";

const MOODS = ["well", "silent", "slow", "broken"];
const SHOWN_TIMES = 8;

const opened = new Set(); // clinics shown with their doctors
const choosing = new Map(); // doctor → the time being chosen
let view = { clinics: [], more: 0, shift: 0, star: null };
let trail = { learned: [], watched: [] };
let requests = [];
let asking; // the request under way

// What is heard.

/** Something in the city is different: asks for what is shown of it. */
export async function changed() {
  asking?.abort();
  asking = new AbortController();
  const query = new URLSearchParams({ q: find("#search").value, open: [...opened].join() });
  try {
    const answer = await fetch(`/city?${query}`, { signal: asking.signal });
    view = await answer.json();
    drawCity();
  } catch {
    // Asked anew meanwhile, or the sandbox is away: then the events say so.
  }
}

export function asked(list) {
  requests = list;
  drawAsked();
}

export function learned(told) {
  const before = JSON.stringify(trail.watched.map(({ clinic, doctor }) => [clinic, doctor]));
  trail = told;
  drawLearned();
  if (before !== JSON.stringify(trail.watched.map(({ clinic, doctor }) => [clinic, doctor]))) changed();
}

export function draw() {
  drawCity();
  drawLearned();
  drawAsked();
}

// The city.

function drawCity() {
  drawClock();
  const { star, clinics, more } = view;
  const hint = find("#hint");
  hint.hidden = !star || trail.watched.length > 0 || find("#search").value !== "";
  if (star) hint.textContent = say("hint", star);
  const n = clinics.length;
  find("#found").textContent = [say("found", { n }), more > 0 && say("more-clinics", { n: more })].filter(Boolean).join(" ");
  redraw(find("#clinics"), clinics.map(clinicNode));
}

function drawClock() {
  const now = Date.now() + view.shift * 1000;
  find("#clock").textContent = dayAndTime(now);
  find("#shift").textContent = view.shift >= 60 ? say("ahead", { by: length(view.shift * 1000) }) : "";
}
setInterval(drawClock, 5000);

const talons = (n) => (n === 0 ? say("talons-none") : say("talons", { n }));

function clinicNode(clinic) {
  const { id, name, full, district, mood, refusal, free, watched, doctors, more } = clinic;
  const isOpen = clinic.open;
  return make("li", { class: "clinic", "data-mood": mood },
    make("button", {
      type: "button", class: "title", "data-key": `clinic${id}`, "aria-expanded": String(isOpen), title: full,
      onclick: () => { if (!opened.delete(id)) opened.add(id); changed(); },
    },
      make("b", {}, name), make("span", { class: "where" }, district),
      watched && make("span", { class: "badge eye" }, say("is-watched")),
      mood !== "well" && make("span", { class: "badge bad" }, say(`mood-${mood}`)),
      make("span", { class: free ? "badge free" : "badge" }, talons(free))),
    (isOpen || mood !== "well") && make("div", { class: "moods", role: "group", "aria-label": say("how-answers", { clinic: name }) },
      MOODS.map((each) => make("button", {
        type: "button", "data-key": `mood${id}${each}`, "aria-pressed": String(each === mood),
        onclick: () => act("mood", { lpu: id, mood: each }),
      }, say(`mood-${each}`)))),
    refusal != null && make("p", { class: "note" }, say("refuses", { code: refusal })),
    doctors.length > 0 && make("ul", { class: "doctors" }, doctors.map((doctor) => doctorNode(id, doctor))),
    more > 0 && make("p", { class: "note" }, say("more-doctors", { n: more })),
  );
}

function doctorNode(lpu, doctor) {
  const name = doctor.name ?? say("unnamed");
  const key = `${lpu}/${doctor.id}`;
  const time = (start) => dayAndTime(start);
  const take = ([start, n]) => make("button", {
    type: "button", class: "time", "data-key": `take${key}/${start}`, "aria-label": say("take", { time: time(start), name }),
    onclick: () => act("take", { lpu, doctor: doctor.id, start }),
  }, time(start), n > 1 ? ` ×${n}` : "");
  const cancel = (start) => make("button", {
    type: "button", class: "time taken", "data-key": `cancel${key}/${start}`, "aria-label": say("cancel", { time: time(start), name }),
    onclick: () => act("cancel", { lpu, doctor: doctor.id, start }),
  }, make("s", {}, time(start)), ` ${say("taken")} ↩`);
  const n_more = doctor.times.length - SHOWN_TIMES;
  return make("li", { class: "doctor" },
    make("div", { class: "who" },
      make("span", { class: "name" }, name), make("span", { class: "where" }, doctor.specialty),
      doctor.watched && make("span", { class: "badge eye" }, say("is-watched"))),
    make("div", { class: "open" },
      make("button", {
        type: "button", class: "good", "data-key": `open${key}`, "aria-label": say("open-talon-of", { name }),
        onclick: () => act("open", { lpu, doctor: doctor.id }),
      }, say("open-talon")),
      make("button", {
        type: "button", class: "plain", "data-key": `at${key}`, "aria-label": say("open-at-of", { name }), "aria-expanded": String(choosing.has(key)),
        onclick: () => { if (!choosing.delete(key)) choosing.set(key, tomorrow()); drawCity(); },
      }, say("open-at"))),
    choosing.has(key) && make("form", {
      class: "at",
      onsubmit: (event) => {
        event.preventDefault();
        // What is written is the city's wall clock.
        const start = Date.parse(`${choosing.get(key)}:00+03:00`);
        act("open", { lpu, doctor: doctor.id, start: Number.isNaN(start) ? 0 : start });
      },
    },
      make("label", {}, make("span", {}, say("when")), make("input", {
        type: "datetime-local", "data-key": `when${key}`, value: choosing.get(key),
        oninput: (event) => choosing.set(key, event.target.value),
      })),
      make("button", { "data-key": `now${key}` }, say("open-now"))),
    (doctor.times.length > 0 || doctor.taken.length > 0) && make("div", { class: "times" },
      doctor.times.slice(0, SHOWN_TIMES).map(take),
      n_more > 0 && make("span", { class: "note" }, say("more-times", { n: n_more })),
      doctor.taken.map(cancel)),
  );
}

/** Tomorrow at nine by the city's wall clock, as an input of a date and a time has it. */
function tomorrow() {
  const wall = new Date(Date.now() + view.shift * 1000 + 27 * 3_600_000);
  return `${wall.toISOString().slice(0, 10)}T09:00`;
}

let typed;
find("#search").addEventListener("input", () => {
  clearTimeout(typed);
  typed = setTimeout(changed, 150);
});
for (const button of document.querySelectorAll(".steps button")) {
  button.addEventListener("click", () => act("step", { hours: Number(button.dataset.hours) }));
}

// The pinger.

const lines = (parent, nodes, none) => redraw(find(parent), nodes.length > 0 ? nodes : [make("li", { class: "note" }, say(none))]);
const joined = (...parts) => parts.filter(Boolean).join(", ");

function drawLearned() {
  lines("#watched", trail.watched.map(({ clinic, specialty, doctor, asked_every }) =>
    make("li", {}, make("b", {}, doctor || say("any-doctor")), ` ${joined(specialty, clinic)}`,
      asked_every != null && make("small", {}, say("every", { time: length(asked_every) })))), "watched-none");
  lines("#learned", trail.learned.toReversed().map(({ at, kind, clinic, doctor, start, within }) =>
    make("li", { class: kind }, make("time", {}, second(at)), " ",
      make("b", {}, say(`event-${kind}`, { start: start && dayAndTime(start) })), ` ${joined(doctor, clinic)}`,
      kind !== "found" && within != null && make("small", {}, say("within", { time: length(within) })))), "learned-none");
}

function drawAsked() {
  lines("#asked", requests.toReversed().map((request) => {
    const said = outcome(request);
    return make("li", { class: said.isBad ? "bad" : "" }, make("time", {}, second(request.at)), " ",
      make("b", {}, say(`what-${request.what}`)), ` ${joined(request.whom, request.clinic)}`, make("small", {}, said.text));
  }), "asked-none");
}

/** 37, 38 and 39 are the portal's ways to say that nothing is free. */
function outcome({ took, status, code, is_over }) {
  const ms = took?.toLocaleString(lang);
  if (took == null) return { text: say(is_over ? "unanswered" : "waiting"), isBad: is_over };
  if (status !== 200) return { text: say("answered-status", { code: status, ms }), isBad: true };
  if ([37, 38, 39].includes(code)) return { text: say("answered-nothing", { ms }), isBad: false };
  if (code) return { text: say("answered-refused", { code, ms }), isBad: true };
  return { text: say("answered", { ms }), isBad: false };
}
