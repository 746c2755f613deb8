/* The member's page comes alive: one place where buttons meet what they do. */

import { openDetails, walkDialog } from "./details.js";
import { giveThumb, toggleList, useTracker } from "./feedback.js";
import { isStill, page, placeOf } from "./page.js";
import { closePanel, watchCards } from "./panel.js";
import { play } from "./player.js";
import { watchKeys } from "./remote.js";
import { onCard } from "./rows.js";
import { watchSearch } from "./search.js";
import { Tracker } from "./tracker.js";

const ACTS = {
  play: (place) => play(place),
  list: (place) => toggleList(place),
  details: (place) => openDetails(place),
  why: (place) => openDetails(place, { why: true }),
  "thumb-up": (place) => giveThumb(place, "thumb-up"),
  "thumb-love": (place) => giveThumb(place, "thumb-love"),
  "thumb-down": (place) => giveThumb(place, "thumb-down"),
};

/** A click on a button with data-action, or on a card. Dialogs know their own place. */
function onClick(event) {
  const { target } = event;
  const button = target.closest("[data-action]");
  const dialog = target.closest("dialog");
  const place = dialog?.place ?? placeOf(target);
  if (button?.dataset.action === "close" && dialog?.matches(".details")) return dialog.close();
  if (button && place && button.dataset.action in ACTS) {
    const { action } = button.dataset;
    if (button.closest("pasand-panel") && !["list", "thumb-up", "thumb-love"].includes(action)) closePanel({ giveBack: true });
    ACTS[action](place);
    return;
  }
  const card = target.closest(".cell .card[data-row]");
  if (!card || !place || button) return;
  closePanel();
  card.focus({ preventScroll: true });
  // A click by key has no pointer: on a remote, what is being watched goes on at once.
  if (event.detail === 0 && page.rows[place.row].shape === "progress") play(place);
  else openDetails(place);
}

function start() {
  const tracker = new Tracker({ memberId: page.member_id, page, placeOf, hoverable: ".card, pasand-panel", debug: location.hash === "#debug" });
  useTracker(tracker);
  onCard((card) => tracker.observe(card));
  const hero = document.querySelector(".hero");
  if (hero) {
    tracker.observe(hero);
    const picture = hero.querySelector(".backdrop img");
    if (picture) picture.addEventListener("error", () => picture.remove(), { once: true });
  }
  document.addEventListener("click", onClick);
  document.addEventListener("keydown", walkDialog);
  watchCards();
  watchKeys();
  watchSearch();
  const header = document.querySelector(".top");
  const shade = () => header.classList.toggle("solid", scrollY > 40);
  addEventListener("scroll", shade, { passive: true });
  shade();
  const menu = document.querySelector(".member");
  document.addEventListener("click", ({ target }) => !menu.contains(target) && menu.removeAttribute("open"));
  for (const link of document.querySelectorAll("[data-go=row]")) link.addEventListener("click", goToRow);
}

function goToRow(event) {
  const row = document.querySelector(event.currentTarget.getAttribute("href"))?.closest("pasand-row");
  if (!row) return;
  event.preventDefault();
  const stop = row.stop(0);
  stop?.focus({ preventScroll: true, focusVisible: true });
  row.scrollIntoView({ block: "center", behavior: isStill() ? "auto" : "smooth" });
}

start();
