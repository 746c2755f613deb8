/* A row: built when it comes near, paged by arrows, its cards watched by the tracker. */

import { buildCard, letterWhenBroken } from "./cells.js";
import { fade } from "./feedback.js";
import { isRtl, isStill, page, placeOf } from "./page.js";

let watch = () => {};

/** `observe` is called for every card that comes to be. */
export function onCard(observe) {
  watch = observe;
  for (const card of document.querySelectorAll(".cell .card[data-testid=card]")) watch(card);
}

const near = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) if (isIntersecting) target.build();
}, { rootMargin: "900px 0px" });

class PasandRow extends HTMLElement {
  connectedCallback() {
    this.scroller = this.querySelector(".scroller");
    this.index = Number(this.dataset.row);
    if (this.dataset.built === "no") near.observe(this);
    else this.enliven();
    for (const button of this.querySelectorAll(".page-by")) button.addEventListener("click", () => this.turn(Number(button.dataset.by)));
    this.scroller.addEventListener("scroll", () => this.arrows(), { passive: true });
    this.addEventListener("pointerenter", () => this.arrows());
    this.addEventListener("focusin", ({ target }) => this.rove(target));
  }

  get data() {
    return page.rows[this.index];
  }

  build() {
    near.unobserve(this);
    if (this.dataset.built === "yes") return;
    this.dataset.built = "yes";
    const { cells, shape } = this.data;
    this.scroller.replaceChildren(...cells.map((cell, column) => buildCard(cell, this.index, column, shape)));
    this.enliven();
    for (const card of this.cards()) watch(card);
  }

  enliven() {
    for (const card of this.cards()) {
      const place = placeOf(card);
      if (!place) continue;
      const picture = card.querySelector("img:not(.coming)");
      if (picture) letterWhenBroken(picture, place.cell);
      if (place.cell.thumb === -1) fade(card.closest(".cell"), place);
    }
    this.arrows();
  }

  cards() {
    return [...this.scroller.querySelectorAll(".card[data-column]")];
  }

  /** What can be focused at a column: its card, or the way back where the card has been faded. */
  stop(column) {
    this.build();
    const cells = [...this.scroller.children];
    const cell = cells[Math.min(column, cells.length - 1)];
    return cell?.querySelector(".less button") ?? cell?.querySelector(".card") ?? null;
  }

  /** One card of a row is reached by Tab: the last that was focused. */
  rove(target) {
    const cell = target.closest(".cell");
    if (!cell) return;
    for (const stop of this.scroller.querySelectorAll("[tabindex='0']")) stop.tabIndex = -1;
    for (const stop of cell.querySelectorAll(".card, .less button")) stop.tabIndex = 0;
  }

  turn(by) {
    const width = this.scroller.clientWidth - 2 * parseFloat(getComputedStyle(this.scroller).paddingInlineStart);
    this.scroller.scrollBy({ left: by * width * (isRtl ? -1 : 1), behavior: isStill() ? "auto" : "smooth" });
  }

  arrows() {
    const at = Math.abs(this.scroller.scrollLeft);
    const room = this.scroller.scrollWidth - this.scroller.clientWidth;
    this.querySelector(".page-by.before").classList.toggle("can", at > 4);
    this.querySelector(".page-by.after").classList.toggle("can", at < room - 4);
  }
}

customElements.define("pasand-row", PasandRow);
