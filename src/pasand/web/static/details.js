/* The details of a title: large picture, synopsis, why it is here, and titles like it. */

import { buildArt, buildCard, buildFacts, icon, make } from "./cells.js";
import { fetchToasts, listButton, thumbButtons, track } from "./feedback.js";
import { ask, explain, isRtl, page, placeOutside } from "./page.js";
import { say } from "./words.js";

let returnTo = null;

/** A chance in words that need no statistics. */
export function chanceWords(chance) {
  if (chance >= 0.995) return say("always");
  if (chance >= 0.9) return say("nearly");
  if (chance >= 0.6) return say("most");
  if (chance >= 0.4) return say("half");
  if (chance >= 0.02) return say("one-in", { count: Math.round(1 / chance) });
  return say("rarely");
}

async function fillWhy(section, place) {
  const answer = await explain(place);
  if (!answer) {
    if (!place.cell.reason) section.remove();
    else section.querySelector(".lead").textContent = place.cell.reason;
    return;
  }
  const { reason, sentences = [], picture, propensity, artwork_propensity: chance } = answer;
  section.querySelector(".lead").textContent = reason || place.cell.reason || "";
  if (sentences.length) section.append(make("ul", {}, sentences.map((sentence) => make("li", {}, sentence))));
  const line = (name, text) => make("p", {}, make("b", {}, `${name} `), text);
  section.append(make("div", { class: "also" },
    picture ? line(say("why-picture"), picture.replace(/^this picture:\s*/i, "")) : null,
    Number.isFinite(propensity) ? line(say("chosen"), chanceWords(propensity) + ".") : null,
    place.cell.artwork_url && Number.isFinite(chance) ? line(say("picture-chosen"), chanceWords(chance) + ".") : null));
}

async function fillAbout(dialog, cell) {
  const item = await ask(`/v1/items/${encodeURIComponent(cell.item_id)}`);
  const full = { ...cell, ...Object.fromEntries(Object.entries(item?.item ?? item ?? {}).filter(([, value]) => value !== null)) };
  dialog.querySelector(".synopsis").textContent = full.synopsis || "";
  if (full.people?.length) dialog.querySelector(".people").textContent = say("with", { people: full.people.slice(0, 5).map((one) => one.name ?? one).join(say("comma")) });
  dialog.querySelector(".facts").replaceWith(buildFacts({ ...full, match: cell.match }));
}

async function fillSimilar(section, cell) {
  const answer = await ask(`/v1/items/${encodeURIComponent(cell.item_id)}/similar`);
  const found = (Array.isArray(answer) ? answer : answer?.items ?? answer?.cells ?? []).slice(0, 8);
  if (!found.length) return section.remove();
  section.querySelector("ul").replaceChildren(...found.map((one) => {
    const item = buildCard(one, "", "", "card");
    const card = item.querySelector(".card");
    for (const name of ["data-row", "data-column", "data-testid"]) card.removeAttribute(name);
    card.tabIndex = 0;
    card.addEventListener("click", () => openDetails(placeOutside(one)));
    item.append(make("p", {}, one.title));
    return item;
  }));
}

function draw(dialog, place) {
  const { cell } = place;
  const play = make("button", { type: "button", class: "act main", "data-action": "play" }, icon("play"), make("span", {}, say(cell.progress ? "resume" : "play")));
  const similar = make("section", { class: `similar${page.poster ? " posters" : ""}` }, make("h3", {}, say("similar")), make("ul", {}));
  const why = make("section", { class: "why", "aria-label": say("why") }, make("h3", {}, say("why")), make("p", { class: "lead" }));
  dialog.dataset.itemId = cell.item_id;
  if (place.row === null) { delete dialog.dataset.row; delete dialog.dataset.column; }
  else Object.assign(dialog.dataset, { row: place.row, column: place.column });
  dialog.place = place;
  dialog.replaceChildren(
    make("button", { type: "button", class: "round shut", "data-action": "close", "aria-label": say("close") }, icon("close")),
    make("div", { class: "big" }, buildArt(cell, { sizes: "940px", width: 1280, eager: true }),
      make("div", { class: "over" }, make("h2", { id: "details-title", tabindex: -1 }, cell.title),
        make("div", { class: "tools" }, play, listButton(cell), thumbButtons(cell)))),
    make("div", { class: "about" }, buildFacts(cell),
      make("p", { class: "synopsis" }, cell.synopsis ?? ""), make("p", { class: "people" })),
    why, similar);
  fillAbout(dialog, cell);
  fillSimilar(similar, cell);
  return fillWhy(why, place);
}

/** Close, and put the focus back where it was. */
function onClose(dialog) {
  fetchToasts();
  dialog.remove();
  const stop = returnTo?.isConnected ? returnTo : null;
  returnTo = null;
  (stop?.closest(".cell")?.querySelector(".less button") ?? stop)?.focus({ preventScroll: true });
}

export function openDetails(place, { why = false } = {}) {
  let dialog = document.querySelector("dialog.details");
  if (!dialog) {
    returnTo = document.activeElement === document.body ? place.node : document.activeElement;
    dialog = make("dialog", { class: "details", "data-testid": "details", "aria-labelledby": "details-title" });
    dialog.addEventListener("close", () => onClose(dialog));
    dialog.addEventListener("click", ({ target }) => target === dialog && dialog.close());
    document.body.append(dialog);
  }
  const drawn = draw(dialog, place);
  if (!dialog.open) dialog.showModal();
  dialog.scrollTop = 0;
  dialog.querySelector(".act.main").focus({ preventScroll: true });
  track("detail_open", place);
  if (why) drawn.then(() => dialog.querySelector(".why")?.scrollIntoView({ block: "center", behavior: "smooth" }));
}

/** Arrow keys inside the dialog go to the next or the one before, as Tab does. */
export function walkDialog(event) {
  const dialog = event.target.closest?.("dialog.details");
  const step = { ArrowRight: isRtl ? -1 : 1, ArrowLeft: isRtl ? 1 : -1, ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!dialog || !step) return;
  event.preventDefault();
  const stops = [...dialog.querySelectorAll("button:not(:disabled)")];
  const next = stops[stops.indexOf(document.activeElement) + step];
  next?.focus();
}
