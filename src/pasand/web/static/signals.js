/*
 * Measures what a member looks at: cells seen, pointer and focus at rest, previews, and how they scroll. Each is told
 * when it is over, as of the moment it began. Judges nothing.
 */

const SEEN_SHARE = 0.5;
const SEEN_MS = 1000;
const REST_MS = 300;
/** Longer says no more: the page was left open, or the pointer left lying. */
const DWELL_MAX_MS = 30000;
const SCROLL_TELL_MS = 3000;
const SCROLL_PAUSE_MS = 250;
const SCROLL_LEAST_PX = 8;
/** A finger trembles: less than this way back is no turn. */
const TURN_PX = 24;

const isSame = (one, other) => one.row === other.row && one.column === other.column && one.cell?.item_id === other.cell?.item_id;
const covering = globalThis.CSS?.supports?.("selector(:modal)") ? "dialog:modal" : "dialog[open]";

export class Signals {
  /** `track(kind, place, payload, agoMs)` takes what was measured; `hoverable` is where a pointer's rest counts. */
  constructor(track, placeOf, hoverable) {
    this.track = track;
    this.placeOf = placeOf;
    this.looks = new Map();
    this.rests = { pointer: null, focus: null, preview: null };
    this.scrolls = new Map();
    this.away = "";
    this.anew = false;
    this.observer = new IntersectionObserver((entries) => this.onSight(entries), { threshold: [0, SEEN_SHARE, 0.75, 1] });
    this.watchRests(hoverable);
    this.watchScrolls();
    new MutationObserver(() => this.attend()).observe(document, { subtree: true, attributes: true, attributeFilter: ["open"] });
    setInterval(() => this.tellLongLooks(), 5000);
    this.attend();
  }

  // -- seen --------------------------------------------------------------------------------

  onSight(entries) {
    const now = performance.now();
    for (const { target, intersectionRatio: share } of entries) {
      const look = this.looks.get(target);
      if (share < SEEN_SHARE) {
        if (look) this.tellLook(target, look, now);
        this.looks.delete(target);
      } else if (look) look.share = Math.max(look.share, share);
      else {
        this.looks.set(target, { since: this.away ? null : now, share, told: false });
        for (const [scrolled, run] of this.scrolls) if (run.path) this.deepen(scrolled, run, target);
      }
    }
  }

  /** One impression a look: told when it ends, or when it has gone on for long. */
  tellLook(element, look, now) {
    const dwell = now - look.since;
    if (look.told || look.since === null || dwell < SEEN_MS) return;
    const place = this.placeOf(element);
    if (!place) return;
    look.told = true;
    this.track("impression", place, { visible: Math.round(look.share * 100) / 100, dwell_ms: Math.round(dwell) }, dwell);
  }

  tellLongLooks() {
    const now = performance.now();
    for (const [element, look] of this.looks) if (now - look.since >= DWELL_MAX_MS) this.tellLook(element, look, now);
  }

  /** Nobody looks at the cells of a hidden page, or under a dialog. */
  attend() {
    const away = document.visibilityState === "hidden" ? "hidden" : document.querySelector(covering) ? "covered" : "";
    if (away === this.away) return;
    const now = performance.now();
    if (!this.away) this.end();
    this.away = away;
    this.anew ||= away === "hidden";
    if (away) return;
    // Who comes back from elsewhere looks again; who closes a dialog goes on looking.
    for (const look of this.looks.values()) {
      look.since = now;
      if (this.anew) look.told = false;
    }
    this.anew = false;
  }

  /** Tell all that goes on: the page is left, or covered. */
  end() {
    const now = performance.now();
    for (const [element, look] of this.looks) {
      this.tellLook(element, look, now);
      look.since = null;
    }
    for (const by of Object.keys(this.rests)) this.rest(by, null);
    for (const [target, run] of this.scrolls) this.tellScroll(target, run);
  }

  // -- pointer, focus, preview ---------------------------------------------------------------

  watchRests(hoverable) {
    const placeAt = (target) => (!this.away && target.closest?.(hoverable) ? this.placeOf(target) : null);
    document.addEventListener("pointerover", ({ target, pointerType }) => pointerType !== "touch" && this.rest("pointer", placeAt(target)));
    document.documentElement.addEventListener("pointerleave", () => this.rest("pointer", null));
    // A remote or a keyboard moves the focus; a click leaves one behind that nobody looks at.
    document.addEventListener("focusin", ({ target }) => this.rest("focus", target.matches(":focus-visible") ? placeAt(target) : null));
  }

  /** Something rests at a place, or (null) nowhere any more. */
  rest(by, place) {
    const before = this.rests[by];
    if (before && place && isSame(before.place, place)) return;
    const now = performance.now();
    this.rests[by] = place ? { place, since: now } : null;
    if (!before) return;
    const dwell = Math.min(now - before.since, DWELL_MAX_MS);
    if (by === "preview" ? dwell < SEEN_MS : dwell < REST_MS) return;
    if (by === "preview") this.track("preview", before.place, { watched_ms: Math.round(dwell) }, now - before.since);
    else this.track("hover", before.place, { dwell_ms: Math.round(dwell), focus: by === "focus" }, now - before.since);
  }

  // -- scroll --------------------------------------------------------------------------------

  watchScrolls() {
    this.scrolls.set(document, { ...this.still(), at: scrollY });
    document.addEventListener("scroll", ({ target }) => {
      if (target === document) this.onScroll(target, scrollY);
      else this.onScroll(target, Math.abs(target.scrollLeft));
    }, { passive: true, capture: true });
  }

  still() {
    return { path: 0, moving: 0, reversals: 0, rows: -1, columns: -1 };
  }

  onScroll(target, at) {
    const now = performance.now();
    const run = this.scrolls.get(target) ?? { ...this.still(), at: 0 };
    this.scrolls.set(target, run);
    const step = at - run.at;
    if (!step) return;
    if (!run.path) {
      for (const element of this.looks.keys()) this.deepen(target, run, element);
      run.timer = setTimeout(() => this.tellScroll(target, run), SCROLL_TELL_MS);
    }
    run.path += Math.abs(step);
    const gap = now - (run.last ?? 0);
    run.moving += gap < SCROLL_PAUSE_MS ? gap : 16;
    if (!run.heading || (at - run.extreme) * run.heading > 0) {
      run.heading ||= Math.sign(step);
      run.extreme = at;
    } else if (Math.abs(at - run.extreme) >= TURN_PX) {
      run.reversals += 1;
      run.heading = -run.heading;
      run.extreme = at;
    }
    run.at = at;
    run.last = now;
  }

  /** How far down and along the cells went that this scrolling brought. */
  deepen(target, run, element) {
    const place = target.contains(element) ? this.placeOf(element) : null;
    if (!Number.isInteger(place?.row)) return;
    run.rows = Math.max(run.rows, place.row);
    run.columns = Math.max(run.columns, place.column);
  }

  tellScroll(target, run) {
    clearTimeout(run.timer);
    const { path, moving, reversals, rows, columns } = run;
    Object.assign(run, this.still());
    // What holds no cells (a dialog, a text) is not the page.
    if (path < SCROLL_LEAST_PX || rows < 0) return;
    this.track("scroll", { row: target === document ? null : rows }, { row_depth: rows, column_depth: columns,
      speed_px_s: Math.round(path / Math.max(0.05, moving / 1000)), reversals });
  }
}
