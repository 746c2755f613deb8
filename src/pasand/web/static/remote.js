/* Arrow keys as on a remote: up and down between rows keeping the column, left and right within. */

import { closePanel, panelNode, panelOwner } from "./panel.js";
import { isRtl, isStill } from "./page.js";

let column = 0;

const visible = (nodes) => [...nodes].filter((node) => node.getClientRects().length);

/** The lines a remote moves over, top to bottom; each gives what can be focused at a column. */
function lines() {
  const header = document.querySelector(".top");
  const list = [{ node: header, stops: () => visible(header.querySelectorAll("a, .find, summary, .member[open] .menu button")) }];
  const actions = document.querySelector(".hero .actions");
  if (actions) list.push({ node: actions, stops: () => [...actions.querySelectorAll("button")] });
  for (const row of document.querySelectorAll("pasand-row")) {
    list.push({ node: row, row, stops: () => row.cards().map((_, at) => row.stop(at)) });
  }
  return list;
}

function reveal(line, stop) {
  const behavior = isStill() ? "auto" : "smooth";
  if (!line.row) {
    if (!line.node.matches(".top")) scrollTo({ top: 0, behavior });
    return;
  }
  const cell = stop.closest(".cell");
  const scroller = line.row.scroller;
  const frame = scroller.getBoundingClientRect();
  const box = cell.getBoundingClientRect();
  const margin = parseFloat(getComputedStyle(scroller).paddingInlineStart);
  const over = box.right - (frame.right - margin);
  const under = box.left - (frame.left + margin);
  if (over > 2) scroller.scrollBy({ left: over, behavior });
  else if (under < -2) scroller.scrollBy({ left: under, behavior });
  const rect = line.row.getBoundingClientRect();
  scrollBy({ top: rect.top + rect.height / 2 - innerHeight * 0.47, behavior });
}

function focusStop(line, at) {
  if (line.row) line.row.build();
  const stops = line.stops();
  if (!stops.length) return false;
  const stop = stops[Math.max(0, Math.min(at, stops.length - 1))];
  stop.focus({ preventScroll: true, focusVisible: true });
  reveal(line, stop);
  return true;
}

function moveVertically(all, at, by) {
  for (let next = at + by; next >= 0 && next < all.length; next += by) if (focusStop(all[next], column)) return;
}

function moveWithin(line, stops, here, to) {
  const target = Math.max(0, Math.min(to, stops.length - 1));
  column = target;
  if (target !== here) focusStop(line, target);
}

/** Inside the panel left and right walk over its buttons; up, down and Escape leave it. */
function inPanel(event, panel) {
  const buttons = visible(panel.querySelectorAll(".tools button"));
  const here = buttons.indexOf(document.activeElement);
  const step = { ArrowRight: isRtl ? -1 : 1, ArrowLeft: isRtl ? 1 : -1, Tab: event.shiftKey ? -1 : 1 }[event.key];
  if (event.key === "Escape") closePanel({ giveBack: true });
  else if (step) {
    if (here + step < 0) panelOwner().focus({ preventScroll: true });
    else if (here + step < buttons.length) buttons[here + step].focus();
    else if (event.key === "Tab") {
      closePanel({ giveBack: true });
      return false;
    }
  } else if (event.key === "ArrowUp" || event.key === "ArrowDown") {
    closePanel({ giveBack: true });
    return onKey(event), true;
  } else return false;
  return true;
}

function onKey(event) {
  if (event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey || document.querySelector("dialog[open]")) return;
  const active = document.activeElement;
  if (active?.matches("input, textarea, select")) return;
  const panel = panelNode();
  if (panel?.contains(active)) {
    if (inPanel(event, panel)) event.preventDefault();
    return;
  }
  if (event.key === "Escape") {
    const menu = document.querySelector(".member[open]");
    if (menu?.contains(active)) menu.querySelector("summary").focus();
    menu?.removeAttribute("open");
    closePanel();
    return;
  }
  if (event.key === "Tab" && !event.shiftKey && panel && panelOwner() === active) {
    panel.querySelector(".tools button").focus();
    event.preventDefault();
    return;
  }
  if (!/^(Arrow(Up|Down|Left|Right)|Home|End)$/.test(event.key)) return;
  event.preventDefault();
  walk(event.key, active);
}

function walk(key, active) {
  const all = lines();
  const at = all.findIndex((line) => line.node.contains(active));
  if (at < 0) {
    focusStop(all[Math.min(1, all.length - 1)], 0);
    return;
  }
  const stops = all[at].stops();
  const here = stops.indexOf(active);
  if (key === "ArrowUp") moveVertically(all, at, -1);
  else if (key === "ArrowDown") moveVertically(all, at, 1);
  else if (key === "Home") moveWithin(all[at], stops, here, 0);
  else if (key === "End") moveWithin(all[at], stops, here, stops.length - 1);
  else moveWithin(all[at], stops, here, here + ((key === "ArrowRight") === isRtl ? -1 : 1));
}

export function watchKeys() {
  document.addEventListener("keydown", onKey);
  document.addEventListener("focusin", ({ target }) => {
    // Going past the header or the hero keeps the column of the rows; a click or Tab sets it.
    const card = target.closest?.(".cell .card[data-column]");
    if (card && target.matches(":hover")) column = Number(card.dataset.column);
  });
}
