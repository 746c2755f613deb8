/*
 * Tells the server what the member did. Batches events, keeps unsent ones over reloads, and sends
 * them again under the same id. Judges nothing: what counts as seen is measured, not decided.
 */

const FLUSH_MS = 3000;
const BATCH = 20;
const BATCH_MAX = 100;
const QUEUE_MAX = 500;
const SEEN_SHARE = 0.5;
const SEEN_MS = 1000;
const HOVER_MS = 300;
const AT_ONCE = new Set(["thumb", "play_start", "play_stop", "complete", "list_add", "list_remove", "hide", "not_interested"]);

function stored(storage, key, make) {
  try {
    const found = storage.getItem(key);
    if (found) return found;
    const made = make();
    storage.setItem(key, made);
    return made;
  } catch {
    return make();
  }
}

/** The cards of a row that stand in its window with their middle. */
function shownIn(scroller) {
  const frame = scroller.getBoundingClientRect();
  return [...scroller.querySelectorAll(".card")].filter((card) => {
    const box = card.getBoundingClientRect();
    const middle = box.left + box.width / 2;
    return middle >= frame.left && middle <= frame.right;
  });
}

export class Tracker {
  constructor({ memberId, pageId, pageAt, placeOf, address = "/v1/events" }) {
    // Times are told by the server's clock, taken from the page, so that order survives a slow line.
    this.aheadMs = pageAt ? Date.parse(pageAt) - Date.now() : 0;
    this.address = address;
    this.pageId = pageId;
    this.placeOf = placeOf;
    this.sessionId = stored(sessionStorage, "pasand.session", () => crypto.randomUUID());
    this.prefix = `pasand.events.${memberId}.`;
    this.key = this.prefix + crypto.randomUUID();
    this.queue = this.adopt();
    this.visible = new Map();
    this.failures = 0;
    this.notBefore = 0;
    this.sending = false;
    this.observer = new IntersectionObserver((entries) => this.onVisibility(entries), { threshold: [0, SEEN_SHARE, 0.75, 1] });
    setInterval(() => this.flush(), FLUSH_MS);
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "hidden") this.leave();
      else this.restartPeriods();
    });
    addEventListener("pagehide", () => this.leave());
    this.watchHover();
    this.watchScroll();
  }

  now() {
    return new Date(Date.now() + this.aheadMs).toISOString();
  }

  /** Note one event; `place` is {cell, row, column, page_id}. */
  track(kind, place = null, payload = {}) {
    const event = { event_id: crypto.randomUUID(), kind, occurred_at: this.now(), session_id: this.sessionId, payload };
    if (place) {
      if (place.page_id) event.page_id = place.page_id;
      if (place.cell) event.item_id = place.cell.item_id;
      if (place.cell?.artwork_id) event.artwork_id = place.cell.artwork_id;
      if (Number.isInteger(place.row)) event.row = place.row;
      if (Number.isInteger(place.column)) event.column = place.column;
    }
    this.queue.push(event);
    if (this.queue.length > QUEUE_MAX) this.queue.splice(0, this.queue.length - QUEUE_MAX);
    this.keepSoon();
    if (AT_ONCE.has(kind) || this.queue.length >= BATCH) this.flush();
  }

  observe(element) {
    this.observer.observe(element);
  }

  unobserve(element) {
    this.observer.unobserve(element);
    this.visible.delete(element);
  }

  // -- seen --------------------------------------------------------------------------------

  onVisibility(entries) {
    const now = performance.now();
    for (const { target, intersectionRatio: share } of entries) {
      const period = this.visible.get(target);
      if (share >= SEEN_SHARE) {
        if (period) period.share = Math.max(period.share, share);
        else this.visible.set(target, { since: now, share, told: false });
      } else if (period) {
        this.tell(target, period, now);
        this.visible.delete(target);
      }
    }
  }

  /** One impression a period of being visible: when it ends, or at a flush with the time so far. */
  tell(element, period, now) {
    const dwell = now - period.since;
    if (period.told || dwell < SEEN_MS) return;
    const place = this.placeOf(element);
    if (!place) return;
    period.told = true;
    this.track("impression", place, { visible: Math.round(period.share * 100) / 100, dwell_ms: Math.round(dwell) });
  }

  tellAll() {
    const now = performance.now();
    for (const [element, period] of [...this.visible]) this.tell(element, period, now);
  }

  restartPeriods() {
    for (const [element, period] of this.visible) this.visible.set(element, { since: performance.now(), share: period.share, told: false });
  }

  // -- hover and scroll --------------------------------------------------------------------

  watchHover() {
    let over = null;
    const end = () => {
      const dwell = over ? performance.now() - over.since : 0;
      if (over && dwell > HOVER_MS) this.track("hover", over.place, { dwell_ms: Math.round(dwell) });
      over = null;
    };
    document.addEventListener("pointerover", ({ target, pointerType }) => {
      if (pointerType === "touch") return;
      // The panel lies over its card and carries the card's place: moving there goes on hovering.
      const place = target.closest(".card, pasand-panel") ? this.placeOf(target) : null;
      if (over && place && over.place.row === place.row && over.place.column === place.column) return;
      end();
      if (place && place.row !== null) over = { place, since: performance.now() };
    });
    document.documentElement.addEventListener("pointerleave", end);
    this.endHover = end;
  }

  watchScroll() {
    this.runs = new Map();
    addEventListener("scroll", () => this.onScroll(document.documentElement, scrollY), { passive: true });
    document.addEventListener("scroll", ({ target }) => {
      if (target.classList?.contains("scroller")) this.onScroll(target, Math.abs(target.scrollLeft));
    }, { passive: true, capture: true });
  }

  onScroll(target, at) {
    const now = performance.now();
    const run = this.runs.get(target) ?? { at, since: now, path: 0, heading: 0, reversals: 0, timer: 0 };
    const step = at - run.at;
    if (step) {
      if (run.heading && Math.sign(step) !== run.heading) run.reversals += 1;
      run.heading = Math.sign(step);
    }
    run.path += Math.abs(step);
    run.at = at;
    run.last = now;
    clearTimeout(run.timer);
    run.timer = setTimeout(() => this.endScroll(target, run), 400);
    this.runs.set(target, run);
  }

  endScroll(target, run) {
    this.runs.delete(target);
    if (run.path < 8) return;
    const sideways = target.classList.contains("scroller") ? Number(target.closest("[data-row]").dataset.row) : null;
    const seen = sideways === null ? [...this.visible.keys()] : shownIn(target);
    const places = seen.map((element) => this.placeOf(element)).filter(Boolean);
    const rowDepth = Math.max(0, ...places.map((place) => place.row));
    const columnDepth = Math.max(0, ...places.map((place) => place.column));
    const speed = run.path / Math.max(0.05, (run.last - run.since) / 1000);
    this.track("scroll", { row: sideways, page_id: this.pageId },
      { row_depth: rowDepth, column_depth: columnDepth, speed_px_s: Math.round(speed), reversals: run.reversals });
  }

  // -- sending -----------------------------------------------------------------------------

  async flush() {
    if (document.visibilityState === "visible") this.tellAll();
    if (this.sending || !this.queue.length || Date.now() < this.notBefore) return;
    this.sending = true;
    const batch = this.queue.slice(0, BATCH_MAX);
    try {
      const answer = await fetch(this.address, { method: "POST", credentials: "same-origin", keepalive: true,
        headers: { "content-type": "application/json" }, body: this.bodyOf(batch) });
      if (answer.ok || (answer.status >= 400 && answer.status < 500 && ![401, 403, 408, 425, 429].includes(answer.status))) this.drop(batch);
      else this.backOff(answer.headers.get("retry-after"));
    } catch {
      this.backOff(null);
    } finally {
      this.sending = false;
    }
    if (this.queue.length >= BATCH && Date.now() >= this.notBefore) this.flush();
  }

  /** The page goes: say all that is known, in whatever way still works. */
  leave() {
    this.endHover();
    this.tellAll();
    this.keep();
    if (!this.queue.length) return;
    const batch = this.queue.slice(-BATCH_MAX);
    const body = this.bodyOf(batch);
    fetch(this.address, { method: "POST", credentials: "same-origin", keepalive: true, headers: { "content-type": "application/json" }, body })
      .then((answer) => answer.ok && this.drop(batch))
      .catch(() => navigator.sendBeacon?.(this.address, new Blob([body], { type: "application/json" })));
  }

  bodyOf(events) {
    return JSON.stringify({ sent_at: this.now(), events });
  }

  drop(batch) {
    const done = new Set(batch.map((event) => event.event_id));
    this.queue = this.queue.filter((event) => !done.has(event.event_id));
    this.failures = 0;
    this.notBefore = 0;
    this.keep();
  }

  backOff(retryAfter) {
    this.failures += 1;
    const asked = Number(retryAfter) * 1000 || Date.parse(retryAfter ?? "") - Date.now() || 0;
    const own = Math.min(60000, 1000 * 2 ** this.failures) * (0.5 + Math.random());
    this.notBefore = Date.now() + Math.max(asked, own);
    this.keep();
  }

  // -- keeping -----------------------------------------------------------------------------

  keepSoon() {
    clearTimeout(this.keepTimer);
    this.keepTimer = setTimeout(() => this.keep(), 250);
  }

  keep() {
    clearTimeout(this.keepTimer);
    try {
      if (this.queue.length) localStorage.setItem(this.key, JSON.stringify(this.queue));
      else localStorage.removeItem(this.key);
    } catch {
      // A full or forbidden storage costs only what a crash would lose.
    }
  }

  /** Take over what earlier pages of this member could not send; ids make a second sending harmless. */
  adopt() {
    const found = new Map();
    try {
      for (const key of Object.keys(localStorage).filter((name) => name.startsWith(this.prefix))) {
        for (const event of JSON.parse(localStorage.getItem(key) ?? "[]")) found.set(event.event_id, event);
        localStorage.removeItem(key);
      }
    } catch {
      // Unreadable leftovers are given up.
    }
    return [...found.values()].slice(-QUEUE_MAX);
  }
}
