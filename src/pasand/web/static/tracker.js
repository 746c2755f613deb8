/*
 * Tells the server what a member did. Gives each event its id when it happens, keeps it in the outbox, and sends it until
 * the server has answered for it. Needs nothing else of this page: another site loads it too (docs/browser.md).
 */

import { newId, Outbox } from "./outbox.js";
import { Signals } from "./signals.js";

const FLUSH_MS = 3000;
const SOON = 20;
const BATCH_MAX = 200;
const BATCH_BYTES = 480000;
/** Browsers refuse more than 64 KiB under way from a page that may be gone. */
const KEEPALIVE_BYTES = 60000;
const ANSWER_MS = 30000;
const WAIT_MAX_MS = 60000;
const VISIT_MS = 3600000;
const AT_ONCE = new Set(["thumb", "rating", "play_start", "play_stop", "complete", "list_add", "list_remove", "hide",
  "not_interested", "search_click", "cart_add", "cart_remove", "purchase"]);
const OUTLIVES = "keepalive" in Request.prototype;

/** Where an element stands on a page that marks its items with `data-item-id`, and with `data-row` and so on if it can. */
export function markedPlace(element) {
  const node = element?.closest?.("[data-item-id]");
  if (!node) return null;
  const { itemId, artworkId, pageId, row, column } = node.dataset;
  const whole = (text) => (/^\d+$/.test(text ?? "") ? Number(text) : null);
  return { cell: { item_id: itemId, artwork_id: artworkId }, row: whole(row), column: whole(column), page_id: pageId };
}

function remembered(name, make) {
  try {
    const value = make(localStorage.getItem(name) ?? "");
    localStorage.setItem(name, value);
    return value;
  } catch {
    return null;
  }
}

/** The id of a visitor whom nobody knows, the same until the browser forgets. */
export function visitorId() {
  return remembered("pasand.visitor", (found) => found || `visitor-${newId()}`) ?? `visitor-${newId()}`;
}

/** The visitor has become a member: whoever comes next is somebody else. */
export function forgetVisitor() {
  remembered("pasand.visitor", () => "");
}

/** As many of the records as fit, at least one. */
function fitting(records, bytesMax) {
  let bytes = 40;
  const over = records.findIndex(({ text }) => (bytes += new Blob([text]).size + 1) > bytesMax);
  return over < 0 ? records : records.slice(0, Math.max(1, over));
}

export class Tracker {
  /**
   * `memberId` whose page this is, else a visitor's; `page` the page's data, if it is one of ours. On another site: `address`
   * of `/v1/events`, the browser `key`, and `session`, which asks the site's own server for the member's token.
   */
  constructor({ memberId = "", page = {}, placeOf = markedPlace, hoverable = "[data-item-id]", address = "/v1/events",
    key = "", session = null, consent = page.consent, debug = false } = {}) {
    this.memberId = memberId || visitorId();
    Object.assign(this, { page, address, key, session, debug, token: session ? null : this.memberId });
    // On our own pages times are told by the server's clock, so that their order survives a slow line.
    this.aheadMs = page.at ? Date.parse(page.at) - Date.now() : 0;
    this.envelope = {
      member_id: this.memberId, request_id: page.request_id, device: page.device,
      time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone, language: navigator.language,
      consent: typeof consent === "boolean" ? consent : undefined,
    };
    this.outbox = new Outbox(this.memberId);
    // Under way, or (until the next page) refused without a verdict.
    this.flying = new Set();
    this.most = BATCH_MAX;
    this.failures = this.notBefore = this.asked = this.fresh = 0;
    this.sending = false;
    this.waiting = true;
    // Without consent nothing is measured; what the member does on purpose is told, and says so.
    this.signals = consent === false ? null : new Signals((...told) => this.track(...told), placeOf, hoverable);
    this.listen();
    this.flush();
  }

  listen() {
    setInterval(() => this.flush(), FLUSH_MS);
    document.addEventListener("visibilitychange", () => {
      this.signals?.attend();
      if (document.visibilityState === "hidden") this.leave();
      else this.flush();
    });
    addEventListener("pagehide", () => this.leave());
    addEventListener("online", () => {
      this.failures = 0;
      this.notBefore = this.asked;
      this.flush();
    });
  }

  /** Watch elements for being seen; their places come from `placeOf`. */
  observe(...elements) {
    for (const element of elements) this.signals?.observer.observe(element);
  }

  /** A preview plays at a place, or (null) no longer. */
  preview(place) {
    this.signals?.rest("preview", place);
  }

  /** Note one event at a place: `{cell: {item_id, artwork_id}, row, column, page_id}`, each part if known. */
  track(kind, place = null, payload = {}, agoMs = 0) {
    const { cell = {}, row, column, page_id: pageId = this.page.page_id } = place ?? {};
    const event = {
      event_id: newId(), kind, occurred_at: this.time(agoMs), ...this.envelope, session_id: this.visit(), page_id: pageId,
      item_id: cell.item_id, artwork_id: cell.artwork_id || undefined, row: row ?? undefined, column: column ?? undefined, payload,
    };
    this.outbox.put(event);
    document.dispatchEvent(new CustomEvent("pasand:tracked", { detail: event }));
    this.waiting = true;
    this.fresh += 1;
    if (AT_ONCE.has(kind) || this.fresh >= SOON) this.flush();
  }

  time(agoMs = 0) {
    return new Date(Date.now() + this.aheadMs - agoMs).toISOString();
  }

  /** The visit's id, for all tabs the same: a new one after an hour of silence. */
  visit() {
    const now = Date.now();
    const renew = (found) => {
      const [id, at] = found.split(" ");
      return `${id && now - at < VISIT_MS ? id : newId()} ${now}`;
    };
    this.visited = remembered(`pasand.visit.${this.memberId}`, renew) ?? renew(this.visited ?? "");
    return this.visited.split(" ")[0];
  }

  // -- sending -----------------------------------------------------------------------------

  /** Send what waits, one tab at a time; where tabs cannot agree, equal ids make a second sending harmless. */
  async flush() {
    if (this.sending || !this.waiting || Date.now() < this.notBefore) return;
    this.sending = true;
    const send = () => this.sendAll();
    await (navigator.locks?.request(`pasand-outbox ${this.memberId}`, send).catch(send) ?? send());
    this.sending = false;
    this.flush();
  }

  async sendAll() {
    do {
      this.waiting = false;
      this.fresh = 0;
      const found = (await this.outbox.batch(this.most + this.flying.size)).filter(({ id }) => !this.flying.has(id));
      const records = fitting(found.slice(0, this.most), BATCH_BYTES);
      if (!records.length) return;
      const sent = await this.send(records);
      this.waiting ||= !sent || records.length < found.length || found.length >= this.most;
    } while (this.waiting && Date.now() >= this.notBefore);
  }

  /** Send one batch; returns whether there is reason to go on. */
  async send(records) {
    for (const { id } of records) this.flying.add(id);
    let spoilt = false;
    try {
      if (this.key && !this.token) this.token = await this.session(this.memberId);
      const answer = await this.post(this.bodyOf(records));
      spoilt = [400, 413, 422].includes(answer.status);
      return await this.judge(records, answer, spoilt);
    } catch {
      this.backOff(null);
      return false;
    } finally {
      if (!spoilt || records.length > 1) for (const { id } of records) this.flying.delete(id);
    }
  }

  post(body) {
    const keepalive = new Blob([body]).size <= KEEPALIVE_BYTES;
    const headers = { "content-type": "application/json", "x-pasand-member": this.memberId };
    if (this.key) Object.assign(headers, { authorization: `Bearer ${this.key}`, "x-pasand-session": this.token });
    return fetch(this.address, { method: "POST", credentials: this.key ? "omit" : "same-origin",
      keepalive, signal: AbortSignal.timeout?.(ANSWER_MS), headers, body });
  }

  bodyOf(records) {
    return `{"sent_at":"${this.time()}","events":[${records.map(({ text }) => text).join(",")}]}`;
  }

  async judge(records, answer, spoilt) {
    if (answer.status === 202) {
      const { results } = await answer.json();
      const answered = results.filter(({ index }) => records[index]);
      for (const { index, status, field, message } of answered) if (status === "rejected") this.warn(records[index], field, message);
      if (!answered.length) throw new Error("an answer without verdicts");
      this.outbox.drop(answered.map(({ index }) => records[index].id));
      this.failures = this.notBefore = 0;
      this.most = Math.min(BATCH_MAX, this.most * 2);
      return true;
    }
    // One of them spoils the batch: halves find it.
    if (spoilt) this.most = Math.ceil(records.length / 2);
    if (spoilt && records.length > 1) return true;
    if (this.session && [401, 403].includes(answer.status)) this.token = null;
    this.backOff(answer.headers.get("retry-after"));
    return false;
  }

  warn({ text }, field, message) {
    if (this.debug) console.warn("pasand: an event was rejected:", field, message, text);
  }

  backOff(retryAfter) {
    this.failures += 1;
    const asked = Number(retryAfter) * 1000 || Date.parse(retryAfter ?? "") - Date.now() || 0;
    const own = Math.min(WAIT_MAX_MS, 1000 * 2 ** this.failures) * (0.5 + Math.random() / 2);
    this.asked = Date.now() + asked;
    this.notBefore = Math.max(this.asked, Date.now() + own);
  }

  /** The page may go: say what is not under way yet. It stays in the outbox until an answer comes, in this page or the next. */
  leave() {
    this.signals?.end();
    this.outbox.write();
    const left = [...this.outbox.own.values()].filter(({ id }) => !this.flying.has(id)).slice(-BATCH_MAX);
    if (!left.length || Date.now() < this.notBefore || (this.key && !this.token)) return;
    const records = fitting(left.reverse(), KEEPALIVE_BYTES).reverse();
    this.waiting = true;
    if (OUTLIVES) this.send(records);
    else if (!this.key) navigator.sendBeacon?.(this.address, new Blob([this.bodyOf(records)], { type: "application/json" }));
  }
}
