/* Thumbs, the list and short messages: the screen answers at once, the event follows. */

import { icon, make } from "./cells.js";
import { placeOf, updateCells } from "./page.js";
import { say as word } from "./words.js";

let tracker = null;

export function useTracker(given) {
  tracker = given;
}

export const track = (kind, place, payload) => tracker?.track(kind, place, payload);
export const preview = (place) => tracker?.preview(place);

const toasts = document.querySelector(".toasts");
const toastsHome = toasts?.parentElement;

/** Say a short sentence, aloud too. An open dialog hides what lies outside it, so it goes inside. */
export function say(text) {
  const top = [...document.querySelectorAll("dialog[open]")].at(-1);
  if (toasts.parentElement !== (top ?? toastsHome)) (top ?? toastsHome).append(toasts);
  const toast = make("div", { class: "toast" }, text);
  toasts.replaceChildren(toast);
  setTimeout(() => toast.classList.add("going"), 2600);
  setTimeout(() => toast.remove(), 2900);
}

/** Bring the message place home before its dialog goes. */
export const fetchToasts = () => toastsHome?.append(toasts);

const TOOLS = {
  "thumb-down": ["down", word("down"), -1],
  "thumb-up": ["up", word("up"), 1],
  "thumb-love": ["love", word("love"), 2],
};

export function listButton(cell, name = "round") {
  return make("button", { type: "button", class: name, "data-action": "list", "aria-pressed": String(Boolean(cell.in_list)),
    "aria-label": word("list"), title: word("list") }, icon(cell.in_list ? "check" : "plus"));
}

export function thumbButtons(cell) {
  return Object.entries(TOOLS).map(([action, [drawn, label, value]]) => make("button", { type: "button", class: "round",
    "data-action": action, "aria-pressed": String(cell.thumb === value), "aria-label": label, title: label }, icon(drawn)));
}

/** Draw list and thumbs of every button that stands for this title. */
function refresh(cell) {
  for (const button of document.querySelectorAll("[data-action]")) {
    const holder = button.closest("[data-item-id]");
    if (holder?.dataset.itemId !== cell.item_id) continue;
    const action = button.dataset.action;
    if (action === "list") {
      button.setAttribute("aria-pressed", String(Boolean(cell.in_list)));
      button.querySelector("use").setAttribute("href", cell.in_list ? "#i-check" : "#i-plus");
    } else if (action in TOOLS) button.setAttribute("aria-pressed", String(cell.thumb === TOOLS[action][2]));
  }
}

export function toggleList(place) {
  const listed = !place.cell.in_list;
  place.cell.in_list = listed;
  updateCells(place.cell.item_id, { in_list: listed });
  refresh(place.cell);
  track(listed ? "list_add" : "list_remove", place);
  say(word(listed ? "listed" : "unlisted", { title: place.cell.title }));
}

/** Give a thumb; the same thumb again takes it back (value 0). */
export function giveThumb(place, action) {
  const value = TOOLS[action][2];
  setThumb(place, place.cell.thumb === value ? 0 : value);
}

function setThumb(place, value) {
  const { cell } = place;
  const before = cell.thumb;
  cell.thumb = value || null;
  updateCells(cell.item_id, { thumb: cell.thumb });
  refresh(cell);
  track("thumb", place, { value });
  if (value === -1) dismiss(place);
  else if (before === -1) restore(cell.item_id);
  say(word({ "-1": "less", 0: "taken-back", 1: "more", 2: "loved" }[value]));
}

const cellsOf = (itemId) => [...document.querySelectorAll(".cell[data-item-id]")].filter((node) => node.dataset.itemId === itemId);

/** Fade a title's cards out, with a way back. Rows that are built later do the same. */
export function dismiss(place) {
  for (const node of cellsOf(place.cell.item_id)) fade(node, placeOf(node.querySelector(".card")) ?? place);
}

export function fade(node, place) {
  if (node.classList.contains("dismissed")) return;
  node.classList.add("dismissed");
  const undo = make("button", { type: "button", "data-action": "undo", tabindex: node.querySelector(".card").tabIndex,
    "aria-label": word("undo-of", { title: place.cell.title }) }, word("undo"));
  undo.addEventListener("click", () => setThumb(place, 0));
  node.append(make("div", { class: "less", "data-item-id": place.cell.item_id, "data-row": place.row, "data-column": place.column }, make("span", {}, word("less-like")), undo));
  if (node.contains(document.activeElement)) undo.focus({ preventScroll: true });
}

function restore(itemId) {
  for (const node of cellsOf(itemId)) {
    const held = node.contains(document.activeElement);
    node.classList.remove("dismissed");
    node.querySelector(".less")?.remove();
    if (held) node.querySelector(".card").focus({ preventScroll: true });
  }
}

/** Draw how far a title has been watched. */
export function showProgress(itemId, share) {
  updateCells(itemId, { progress: share });
  for (const node of cellsOf(itemId)) node.querySelector(".watched")?.setAttribute("value", share);
  const hero = document.querySelector(".hero");
  if (hero?.dataset.itemId === itemId && share > 0) hero.querySelector("[data-action=play] span").textContent = word("resume");
}

