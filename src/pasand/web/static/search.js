/* Search: a box over the page and what it finds as one types. What was settled on is told, and what was chosen. */

import { buildCard, icon, make } from "./cells.js";
import { openDetails } from "./details.js";
import { fetchToasts, track } from "./feedback.js";
import { isRtl, page, placeOutside } from "./page.js";
import { closePanel } from "./panel.js";
import { say } from "./words.js";

const TYPING_MS = 120;
/** Nothing typed for so long: this is what the member searches for. */
const SETTLED_MS = 1200;
const LETTERS_MAX = 200;

let open = null;

/** What is shown before anything is typed, and where nothing is found: the page's ten most taken, or its first row. */
const popular = () => (page.rows.find(({ shape }) => shape === "numbered") ?? page.rows.find(({ shape }) => shape === "card"))?.cells ?? [];

const titles = (count) => (count === 1 ? say("search-one") : say("search-some", { count }));

class Search {
  constructor() {
    this.box = make("input", { type: "search", class: "text", maxlength: LETTERS_MAX, placeholder: say("search-box"), "aria-label": say("search-label"),
      autocomplete: "off", autocapitalize: "off", spellcheck: "false", enterkeyhint: "search", "data-testid": "search-box", "aria-controls": "found" });
    this.said = make("p", { class: "said", role: "status", "aria-live": "polite", "data-testid": "search-said" });
    this.grid = make("ul", { class: "found", id: "found", "data-testid": "found" });
    const shut = make("button", { type: "button", class: "round", "aria-label": say("search-close"), on: { click: () => this.dialog.close() } }, icon("close"));
    this.dialog = make("dialog", { class: `search${page.poster ? " posters" : ""}`, "aria-label": say("search"), "data-testid": "search-dialog" },
      make("form", { class: "bar", role: "search" }, icon("search"), this.box, shut), this.said, this.grid);
    this.timer = this.settling = 0;
    this.told = "";
    this.asked = null;
    this.answer = null;
    this.box.addEventListener("input", () => this.typed());
    this.dialog.addEventListener("submit", (event) => this.submitted(event));
    this.dialog.addEventListener("keydown", (event) => this.key(event));
    this.dialog.addEventListener("close", () => this.closed());
    document.body.append(this.dialog);
    this.dialog.showModal();
    this.box.focus();
    this.nothingTyped();
  }

  get text() {
    return this.box.value.trim();
  }

  typed() {
    clearTimeout(this.timer);
    clearTimeout(this.settling);
    if (!this.text) return this.nothingTyped();
    this.timer = setTimeout(() => this.look(), TYPING_MS);
  }

  nothingTyped() {
    this.asked?.abort();
    this.asked = this.answer = null;
    const [first] = popular();
    this.draw(popular(), first ? say("search-try", { title: first.title }) : say("search-type"));
  }

  /** Ask for what is in the box; an answer that comes after the next question is dropped. */
  async look() {
    const { text } = this;
    this.asked?.abort();
    const asked = this.asked = new AbortController();
    this.grid.setAttribute("aria-busy", "true");
    const query = new URLSearchParams({ q: text, device: page.device });
    const answer = await fetch(`/v1/search?${query}`, { signal: asked.signal, headers: { accept: "application/json" } })
      .then((got) => (got.ok ? got.json() : null)).catch(() => null);
    if (asked !== this.asked || asked.signal.aborted) return;
    this.answer = answer && { ...answer, text };
    if (!answer) return this.draw([], say("search-away"));
    if (!answer.cells.length) this.draw(popular(), say("search-nothing", { text }));
    else this.draw(answer.cells, this.words(answer));
    this.settling = setTimeout(() => this.settle(), SETTLED_MS);
  }

  words({ meant, count, cells }) {
    const said = count > cells.length ? say("search-closest", { count: cells.length }) : titles(count);
    return meant ? say("search-meant", { text: this.text, said, meant }) : said;
  }

  draw(cells, said) {
    this.said.textContent = said;
    this.grid.removeAttribute("aria-busy");
    this.dialog.scrollTop = 0;
    this.grid.replaceChildren(...cells.map((cell) => this.result(cell)));
  }

  result(cell) {
    const item = buildCard({ ...cell, rank: null }, "", "", "card");
    const card = item.querySelector(".card");
    for (const name of ["data-row", "data-column"]) card.removeAttribute(name);
    card.dataset.testid = "result";
    card.tabIndex = 0;
    card.addEventListener("click", () => this.choose(cell));
    item.append(make("p", { class: "name" }, cell.title));
    if (this.answer?.cells.length && cell.reason) item.append(make("p", { class: "by" }, cell.reason));
    return item;
  }

  /** Tell what is searched for, once; letters on the way there are no searches. */
  settle() {
    clearTimeout(this.settling);
    const { answer } = this;
    if (!answer || answer.text !== this.text || answer.text === this.told) return;
    this.told = answer.text;
    track("search_query", null, { text: answer.text, result_count: answer.count });
  }

  choose(cell) {
    const place = placeOutside(cell);
    if (this.answer?.cells.length) {
      this.settle();
      track("search_click", place, { text: this.answer.text });
    }
    openDetails(place);
  }

  submitted(event) {
    event.preventDefault();
    if (this.answer?.text !== this.text) return;
    this.settle();
    this.cards()[0]?.focus();
  }

  closed() {
    clearTimeout(this.timer);
    clearTimeout(this.settling);
    this.asked?.abort();
    fetchToasts();
    this.dialog.remove();
    open = null;
  }

  cards() {
    return [...this.grid.querySelectorAll(".less button, .cell:not(.dismissed) .card")];
  }

  /** Arrows go from the box into the grid and about in it; Escape goes back to the box, then away. */
  key(event) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const cards = this.cards();
    const at = cards.indexOf(document.activeElement);
    if (event.key === "Escape") {
      event.preventDefault();
      if (at < 0) this.dialog.close();
      else this.toBox();
    } else if (at < 0) {
      if (event.key === "ArrowDown" && cards.length) this.focus(event, cards[0]);
    } else if (event.key.length === 1 && event.key !== " ") this.box.focus();
    else this.walk(event, cards, at);
  }

  walk(event, cards, at) {
    const top = (card) => card.closest(".cell").offsetTop;
    const across = cards.filter((card) => top(card) === top(cards[0])).length;
    const step = { ArrowRight: isRtl ? -1 : 1, ArrowLeft: isRtl ? 1 : -1, ArrowDown: across, ArrowUp: -across }[event.key];
    if (!step) return;
    event.preventDefault();
    const to = at + step;
    if (to < 0) this.toBox();
    else if (to < cards.length) this.focus(event, cards[to]);
    else if (step === across && top(cards.at(-1)) !== top(cards[at])) this.focus(event, cards.at(-1));
  }

  focus(event, card) {
    event.preventDefault();
    card.focus({ focusVisible: true });
    card.scrollIntoView({ block: "nearest" });
  }

  toBox() {
    this.dialog.scrollTop = 0;
    this.box.focus();
    this.box.select();
  }
}

/** Open the box: by its button, by "/", by the search key of a remote. */
export function watchSearch() {
  const begin = () => {
    closePanel();
    open ??= new Search();
  };
  document.querySelector(".find")?.addEventListener("click", begin);
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey) return;
    if (!["/", "BrowserSearch"].includes(event.key) || document.querySelector("dialog[open]") || event.target.closest?.("input, textarea, select")) return;
    event.preventDefault();
    begin();
  });
}
