/*
 * Your taste comes alive: forms are sent beside the page, what cannot be taken back waits for a
 * change of mind, and arrows move over the page as on a remote.
 */

import { make } from "./cells.js";

const UNDO_MS = 5000;
const toasts = document.querySelector(".toasts");
const waiting = new Map();

const main = () => document.getElementById("main");
const stops = () => [...document.querySelectorAll("a, button, summary, input:not([type=hidden])")]
  .filter((node) => node.getClientRects().length && !node.closest(".going") && !node.matches(".skip"));
const keyOf = (form) => new URLSearchParams(new FormData(form)).toString();

/** What fades while its removal waits: the card of a title, or the chip of a taste. */
const partOf = (form) => form.closest(".cell") ?? form.closest(".chip") ?? form;

function fade(part, gone) {
  part.classList.toggle("going", gone);
  part.inert = gone;
}

function say(text, undo) {
  const bar = undo ? make("span", { class: "left" }) : null;
  const back = undo ? make("button", { type: "button", "data-testid": "undo", on: { click: undo } }, "Undo") : null;
  const toast = make("div", { class: `toast${undo ? "" : " plain"}` }, make("span", {}, text), back, bar);
  toasts.replaceChildren(toast);
  if (!undo) setTimeout(() => toast.remove(), 3200);
  return toast;
}

/** Send a form; the answer is the page as it is now, which takes the place of this one. */
async function send(form, body = keyOf(form)) {
  const answer = await fetch(form.action, { method: "POST", credentials: "same-origin", keepalive: true,
    headers: { "content-type": "application/x-www-form-urlencoded" }, body });
  if (!answer.ok) throw new Error(String(answer.status));
  renew(await answer.text());
}

function renew(text) {
  const fresh = new DOMParser().parseFromString(text, "text/html").getElementById("main");
  if (!fresh) return location.assign("/");
  const held = document.activeElement?.dataset?.key;
  const before = stops();
  const at = before.indexOf(document.activeElement);
  const within = document.activeElement?.closest?.("section")?.id;
  const scrolled = [...document.querySelectorAll(".shelf")].map((shelf) => [shelf.id, shelf.querySelector(".scroller").scrollLeft]);
  main().replaceWith(document.adoptNode(fresh));
  for (const [id, left] of scrolled) document.querySelector(`#${id} .scroller`)?.scrollTo({ left, behavior: "instant" });
  for (const form of document.querySelectorAll("form.do")) if (waiting.has(keyOf(form))) fade(partOf(form), true);
  if (at < 0) return;
  const again = held && [...document.querySelectorAll("[data-key]")].find((node) => node.dataset.key === held);
  (again || nearby(within, at))?.focus({ preventScroll: true });
}

/** Where the focus goes when what held it is gone: its section if that is still there. */
function nearby(section, at) {
  const all = stops();
  const inside = all.filter((node) => section && node.closest("section")?.id === section);
  return inside[0] ?? all[Math.min(at, all.length - 1)];
}

/** Hold a form back for a while; undo brings its part back. */
function hold(form) {
  const key = keyOf(form);
  const part = partOf(form);
  const action = form.action;
  if (waiting.has(key)) return;
  const all = stops();
  const at = all.indexOf(document.activeElement);
  const row = form.closest("section");
  part.removeAttribute("open");
  if (at >= 0 && part.contains(document.activeElement)) {
    const left = all.filter((node) => !part.contains(node));
    const near = left.filter((node) => node.closest("section") === row);
    const after = near.find((node) => all.indexOf(node) > at) ?? near.at(-1);
    (after ?? left[Math.min(at, left.length - 1)])?.focus({ preventScroll: true });
  }
  fade(part, true);
  const take = () => {
    clearTimeout(waiting.get(key)?.timer);
    waiting.delete(key);
    toast.remove();
  };
  const undo = () => {
    take();
    const there = [...document.querySelectorAll("form.do")].find((one) => keyOf(one) === key);
    if (!there) return;
    fade(partOf(there), false);
    (there.closest(".cell") ? there.querySelector("button") : partOf(there).querySelector("summary"))?.focus({ preventScroll: true });
  };
  const toast = say(form.dataset.said, undo);
  const done = () => {
    take();
    return send({ action }, key).catch(() => fail(key));
  };
  waiting.set(key, { timer: setTimeout(done, UNDO_MS), done, key, action });
}

function fail(key) {
  say("That did not reach the server. Try again.");
  for (const form of document.querySelectorAll("form.do")) if (!key || keyOf(form) === key) fade(partOf(form), false);
}

document.addEventListener("submit", (event) => {
  const form = event.target.closest("form.do");
  if (!form) return;
  event.preventDefault();
  if (form.dataset.undo) return hold(form);
  const words = form.dataset.said;
  const knob = form.querySelector("[role=switch]");
  knob?.setAttribute("aria-checked", String(knob.getAttribute("aria-checked") !== "true"));
  send(form).then(() => words && say(words)).catch(() => {
    knob?.setAttribute("aria-checked", String(knob.getAttribute("aria-checked") !== "true"));
    fail("");
  });
});

/* Leaving the page says what still waits; a link waits for that, so that the next page follows. */
document.addEventListener("click", async (event) => {
  const link = event.target.closest("a[href]");
  if (!link || !waiting.size || link.hash || link.hasAttribute("download") || event.metaKey || event.ctrlKey) return;
  event.preventDefault();
  await Promise.all([...waiting.values()].map((one) => one.done()));
  location.assign(link.href);
});
addEventListener("pagehide", () => {
  for (const { key, action } of waiting.values()) {
    fetch(action, { method: "POST", credentials: "same-origin", keepalive: true, redirect: "manual",
      headers: { "content-type": "application/x-www-form-urlencoded" }, body: key }).catch(() => {});
  }
  waiting.clear();
});

/** One chip is open at a time, and its panel stays inside the window. */
document.addEventListener("toggle", ({ target }) => {
  if (!target.matches?.(".chip") || !target.open) return;
  for (const other of document.querySelectorAll(".chip[open]")) if (other !== target) other.open = false;
  const pop = target.querySelector(".pop");
  pop.classList.remove("leftwards");
  if (pop.getBoundingClientRect().right > document.documentElement.clientWidth - 16) pop.classList.add("leftwards");
}, true);
document.addEventListener("click", ({ target }) => {
  for (const open of document.querySelectorAll(".chip[open], .member[open]")) if (!open.contains(target)) open.open = false;
});

/** The stop nearest in a direction, judged by the edges that face each other. */
function nearest(from, key, all) {
  const here = from.getBoundingClientRect();
  let best = null;
  let bestAway = Infinity;
  for (const node of all) {
    if (node === from) continue;
    const there = node.getBoundingClientRect();
    const sideways = key === "ArrowLeft" || key === "ArrowRight";
    const along = { ArrowRight: there.left - here.right, ArrowLeft: here.left - there.right,
      ArrowDown: there.top - here.bottom, ArrowUp: here.top - there.bottom }[key];
    if (along < -Math.min(12, here.height / 3)) continue;
    const aside = sideways
      ? Math.abs(there.top + there.height / 2 - here.top - here.height / 2)
      : Math.max(0, there.left - here.right, here.left - there.right) + 0.2 * Math.abs(there.left - here.left);
    if (sideways && aside > Math.max(here.height, there.height)) continue;
    const away = Math.max(0, along) + (sideways ? 2 * aside : 0.6 * aside);
    if (away < bestAway) [best, bestAway] = [node, away];
  }
  return best;
}

document.addEventListener("keydown", (event) => {
  const active = document.activeElement;
  if (event.key === "Escape") {
    const open = document.querySelector(".chip[open], .member[open]");
    if (!open) return;
    open.open = false;
    open.querySelector("summary").focus();
    return;
  }
  if (!/^Arrow(Up|Down|Left|Right)$/.test(event.key) || event.altKey || event.ctrlKey || event.metaKey) return;
  const upright = event.key === "ArrowUp" || event.key === "ArrowDown";
  if (active?.matches("input") && !upright) return;
  const all = stops();
  const pop = active?.closest(".chip[open]");
  const inside = pop ? all.filter((node) => pop.contains(node)) : [];
  const next = active && active !== document.body
    ? (pop && nearest(active, event.key, inside)) || nearest(active, event.key, all.filter((node) => !node.closest(".pop") || node.closest(".chip") === pop))
    : all[0];
  event.preventDefault();
  if (!next) return;
  if (pop && !pop.contains(next)) pop.open = false;
  next.focus({ preventScroll: true, focusVisible: true });
  next.scrollIntoView({ block: "center", inline: "nearest", behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
});

const header = document.querySelector(".top");
const shade = () => header.classList.toggle("solid", scrollY > 40);
addEventListener("scroll", shade, { passive: true });
shade();
