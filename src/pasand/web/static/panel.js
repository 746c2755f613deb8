/* The panel a card grows into after a moment of hover or focus. One at a time, over its card. */

import { buildArt, icon, make } from "./cells.js";
import { listButton, preview, thumbButtons } from "./feedback.js";
import { explain, isStill, page, placeOf } from "./page.js";
import { genreWord, say } from "./words.js";

const WAIT_MS = 300;
const GROWTH = 1.18;
const WIDTH_MIN = 288;

class PasandPanel extends HTMLElement {
  /** Fill for a place. The panel carries the place too, so that its buttons act on the card. */
  fill(place) {
    const { cell } = place;
    Object.assign(this.dataset, { itemId: cell.item_id, row: place.row, column: place.column, testid: "panel" });
    this.setAttribute("role", "group");
    this.setAttribute("aria-label", cell.title);
    this.classList.toggle("posters", Boolean(page.poster));
    const said = make("p", { class: "why-picture" });
    const button = (action, drawn, label, name) => make("button", { type: "button", class: `round ${name}`, "data-action": action, "aria-label": label, title: label }, icon(drawn));
    this.replaceChildren(
      make("button", { type: "button", class: "picture", "data-action": "details", tabindex: -1, "aria-hidden": "true" },
        buildArt(cell, { sizes: "320px", width: 640, eager: true }),
        cell.progress ? make("progress", { class: "watched", max: 1, value: cell.progress, "aria-label": say("watched") }) : null),
      make("div", { class: "body" },
        make("div", { class: "line" }, make("strong", {}, cell.title), cell.match ? make("span", { class: "match" }, say("match", { percent: cell.match })) : null),
        make("div", { class: "tools" }, button("play", "play", say(cell.progress ? "resume" : "play"), "main"), listButton(cell), thumbButtons(cell), button("details", "more", say("details"), "far")),
        make("p", { class: "genres" }, (cell.genres ?? []).slice(0, 3).map((genre) => make("span", {}, genreWord(genre)))),
        cell.reason ? make("p", { class: "reason" }, cell.reason) : null,
        cell.artwork_url ? said : null));
    explain(place).then((answer) => {
      if (!answer?.picture) return said.remove();
      said.textContent = answer.picture;
      said.classList.add("said");
    });
  }

  /** Lie over the card, larger, and inside the window. */
  settle(card) {
    const from = card.getBoundingClientRect();
    const room = document.documentElement.clientWidth;
    const width = Math.min(Math.max(from.width * GROWTH, document.documentElement.dataset.device === "tv" ? 400 : WIDTH_MIN), room - 24);
    const middle = from.left + from.width / 2;
    const left = Math.max(12, Math.min(middle - width / 2, room - width - 12));
    const top = from.top + scrollY - (width * 9 / 16 - Math.min(from.height, from.width * 9 / 16)) / 2 - 8;
    this.style.width = `${width}px`;
    this.style.left = `${left}px`;
    // Near the foot of the window it grows upwards, as far as its card stays covered.
    const lowest = scrollY + innerHeight - this.offsetHeight - 10;
    const highest = from.top + scrollY + from.height - this.offsetHeight + 8;
    this.style.top = `${Math.max(scrollY + 8, Math.min(top, Math.max(lowest, highest)))}px`;
    this.style.transformOrigin = `${middle - left}px 30%`;
  }
}

customElements.define("pasand-panel", PasandPanel);

let panel = null;
let owner = null;
let timer = 0;

export const panelOwner = () => (panel ? owner : null);
export const panelNode = () => panel;

export function closePanel({ giveBack = false } = {}) {
  clearTimeout(timer);
  const held = panel?.contains(document.activeElement);
  panel?.remove();
  panel = null;
  preview(null);
  if ((giveBack || held) && owner?.isConnected) (owner.closest(".cell")?.querySelector(".less button") ?? owner).focus({ preventScroll: true });
  owner = null;
}

function open(card, focused) {
  const place = placeOf(card);
  if (!place || !card.isConnected || card.closest(".dismissed") || document.querySelector("dialog[open]")) return;
  const body = card.closest(".row-body");
  if (Date.now() - (Number(body.dataset.moved) || 0) < 140) {
    timer = setTimeout(() => open(card, focused), 100);
    return;
  }
  closePanel();
  owner = card;
  panel = document.createElement("pasand-panel");
  panel.fill(place);
  panel.classList.toggle("ringed", focused);
  document.body.append(panel);
  panel.settle(card);
  preview(place);
}

function wait(card, focused) {
  clearTimeout(timer);
  if (owner === card || isStill()) return;
  timer = setTimeout(() => open(card, focused), WAIT_MS);
}

/** Grow cards under the pointer and under the focus; reduced motion keeps the ring alone. */
export function watchCards() {
  document.addEventListener("pointerover", ({ target, pointerType }) => {
    if (pointerType === "touch") return;
    const card = target.closest(".cell .card[data-row]");
    if (card) wait(card, false);
    else if (panel && !panel.contains(target) && !panel.contains(document.activeElement) && owner !== document.activeElement) closePanel();
    else if (!panel) clearTimeout(timer);
  });
  document.documentElement.addEventListener("pointerleave", () => !panel?.contains(document.activeElement) && closePanel());
  document.addEventListener("focusin", ({ target }) => {
    if (panel?.contains(target)) return;
    if (panel && target !== owner) closePanel();
    if (target.matches(".cell .card[data-row]:focus-visible")) wait(target, true);
    else clearTimeout(timer);
  });
  document.addEventListener("scroll", ({ target }) => {
    if (!target.classList?.contains("scroller")) return;
    target.closest(".row-body").dataset.moved = Date.now();
    if (owner && target.contains(owner)) closePanel();
  }, { passive: true, capture: true });
}
