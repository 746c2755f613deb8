/* Builds what a cell is made of: the same markup as the macros of `cells.html`. Knows no events. */

import { genreWord, say } from "./words.js";

const LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789";
const SVG = "http://www.w3.org/2000/svg";

/** Make an element: `make("p", {class: "reason"}, "text", child)`. Null children are left out. */
export function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "on") for (const [kind, act] of Object.entries(value)) node.addEventListener(kind, act);
    else if (value !== null && value !== undefined && value !== false) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== ""));
  return node;
}

export function icon(name) {
  const drawn = document.createElementNS(SVG, "svg");
  drawn.setAttribute("class", "icon");
  drawn.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#i-${name}`);
  drawn.append(use);
  return drawn;
}

/** A number from 0 to 11 out of a text; the macro `tint` has the same sum. */
export function tint(text) {
  let sum = 7;
  for (const letter of text.toLowerCase()) sum = (sum * 31 + LETTERS.indexOf(letter) + 2) % 9973;
  return sum % 12;
}

export const tintOf = (cell) => `tint-${tint((cell.genres ?? []).join("") || cell.title)}`;

function lettering(cell) {
  // A long word must not break, so it asks for smaller type as a long title does.
  const longest = Math.max(...cell.title.split(/[\s-]+/).map((word) => word.length));
  const size = Math.max(cell.title.length, longest > 12 ? 35 : longest > 9 ? 19 : longest > 6 ? 10 : 0);
  const length = size <= 9 ? "short" : size <= 18 ? "middling" : size <= 34 ? "long" : "endless";
  return make("span", { class: `lettering motif-${tint(cell.title) % 4} ${length}` },
    make("span", { class: "kicker" }, cell.genres?.[0] ? genreWord(cell.genres[0]) : ""), make("span", { class: "name" }, cell.title));
}

/** The picture of a cell, or its title set large where there is none (or none comes). */
export function buildArt(cell, { sizes = "17vw", width = 320, eager = false } = {}) {
  const art = make("span", { class: `art ${tintOf(cell)}` });
  if (!cell.artwork_url) {
    art.append(lettering(cell));
    return art;
  }
  const [one, two] = cell.palette ?? [];
  if (one) art.style.background = `linear-gradient(135deg, ${one}, ${two ?? one})`;
  const picture = make("img", { class: "coming", alt: "", decoding: "async", draggable: "false",
    loading: eager ? "eager" : "lazy", sizes });
  picture.addEventListener("load", () => picture.classList.remove("coming"), { once: true });
  picture.srcset = [320, 640, 1280].map((w) => `${cell.artwork_url}?w=${w} ${w}w`).join(", ");
  picture.src = `${cell.artwork_url}?w=${width}`;
  art.append(picture);
  letterWhenBroken(picture, cell);
  return art;
}

/** A picture that fails gives way to the lettering. */
export function letterWhenBroken(picture, cell) {
  const give = () => {
    picture.parentElement?.append(lettering(cell));
    picture.remove();
  };
  if (picture.complete && picture.currentSrc && !picture.naturalWidth) give();
  else picture.addEventListener("error", give, { once: true });
}

export function runtime(minutes) {
  const whole = Math.round(minutes);
  const hours = Math.floor(whole / 60);
  return say(hours ? "hours" : "minutes", { hours, minutes: whole % 60 });
}

export function buildFacts(cell) {
  const said = (text, name) => make("span", name ? { class: name } : {}, text);
  return make("p", { class: "facts" },
    cell.match ? said(say("match", { percent: cell.match }), "match") : null,
    cell.year ? said(String(cell.year)) : null,
    Number.isFinite(cell.maturity) ? said(cell.maturity ? `${cell.maturity}+` : say("ages"), "age") : null,
    cell.runtime_minutes ? said(runtime(cell.runtime_minutes)) : null,
    cell.type === "series" ? said(say("series")) : null,
    cell.genres?.length ? said(cell.genres.slice(0, 3).map(genreWord).join(say("comma"))) : null);
}

export function buildCard(cell, row, column, shape) {
  const label = [cell.title, cell.rank && say("number", { rank: cell.rank }), cell.match && say("match", { percent: cell.match }), cell.reason];
  const card = make("button", { type: "button", class: "card", tabindex: column ? -1 : 0, "data-testid": "card",
    "data-item-id": cell.item_id, "data-row": row, "data-column": column,
    "aria-label": label.filter(Boolean).join(say("comma")) },
  buildArt(cell, { sizes: "(max-width: 600px) 40vw, (max-width: 1200px) 24vw, 17vw" }),
  cell.badges?.length ? make("span", { class: "badge" }, cell.badges[0]) : null);
  const rank = String(cell.rank ?? column + 1);
  return make("li", { class: "cell", "data-item-id": cell.item_id },
    shape === "numbered" ? make("span", { class: `numeral${rank.length > 1 ? " two" : ""}`, "aria-hidden": "true" }, rank) : null,
    card,
    shape === "progress" ? make("progress", { class: "watched", max: 1, value: cell.progress ?? 0, "aria-label": say("watched") }) : null);
}
