// The page: hears what happens, and hands it to those who show it.

import { find, lang, say, sayAll, speak, tell } from "./dom.js";
import * as chat from "./chat.js";
import * as city from "./city.js";

function show(view) {
  document.body.dataset.view = view;
  for (const button of document.querySelectorAll(".views button")) {
    button.setAttribute("aria-pressed", button.dataset.view === view);
  }
  if (view === "chat") chat.look();
}

function draw() {
  sayAll();
  const other = find("#language");
  other.textContent = say("other-language");
  other.lang = lang === "ru" ? "en" : "ru";
  chat.draw();
  city.draw();
}

find("#language").addEventListener("click", () => {
  speak(lang === "ru" ? "en" : "ru");
  draw();
});
for (const button of document.querySelectorAll(".views button")) {
  button.addEventListener("click", () => show(button.dataset.view));
}
show("chat");
draw();

// After a break the browser connects anew, and is told everything from the beginning.
const events = new EventSource("/events");
const hear = (name, listen) => events.addEventListener(name, (event) => listen(JSON.parse(event.data)));
hear("tabs", chat.setTabs);
hear("messages", chat.setMessages);
hear("typing", chat.typing);
hear("city", city.changed);
hear("asked", city.asked);
hear("learned", city.learned);
events.onopen = () => tell("");
events.onerror = () => tell(say("offline"));
