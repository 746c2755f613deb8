/* A player that plays nothing: a slowly panning picture and a clock. It exists to make events. */

import { buildArt, icon, make } from "./cells.js";
import { fetchToasts, showProgress, thumbButtons, track } from "./feedback.js";
import { isRtl } from "./page.js";
import { genreWord, say } from "./words.js";

const TICK_MS = 250;
const TELL_MS = 10000;
const FAST = 60;
const IDLE_MS = 3000;
const DURATION_S = 45 * 60;

export function clock(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  const two = (value) => String(value).padStart(2, "0");
  return `${Math.floor(whole / 3600)}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`;
}

class Player {
  constructor(place) {
    this.place = place;
    this.duration = Math.round((place.cell.runtime_minutes || 0) * 60) || DURATION_S;
    const start = place.cell.progress ?? 0;
    this.position = start < 0.95 ? start * this.duration : 0;
    this.rate = 1;
    this.playing = true;
    this.completed = false;
    this.returnTo = document.activeElement;
    this.draw();
    this.listen();
  }

  draw() {
    const { cell } = this.place;
    const round = (action, drawn, label, name = "") => make("button", { type: "button", class: `round ${name}`, "data-action": action, "aria-label": label, title: label }, icon(drawn));
    this.now = make("span");
    this.left = make("span");
    this.scrub = make("input", { type: "range", min: 0, max: this.duration, step: 10, "data-testid": "scrub", "aria-label": say("position") });
    this.toggle = round("toggle", "pause", say("pause"), "main");
    this.fast = make("button", { type: "button", class: "act fast", "data-action": "fast", "aria-pressed": "false", "aria-label": say("fast") }, `${FAST}×`);
    const art = buildArt(cell, { sizes: "100vw", width: 1280, eager: true });
    art.classList.add("screen");
    this.dialog = make("dialog", { class: "player", "data-testid": "player", "aria-label": say("playing", { title: cell.title }), "data-item-id": cell.item_id },
      art,
      make("div", { class: "shade" },
        make("header", {}, round("close", "close", say("close")), make("p", {}, cell.title, make("small", {}, [cell.year, ...(cell.genres ?? []).slice(0, 2).map(genreWord)].filter(Boolean).join(" · ")))),
        make("div", { class: "controls" },
          make("div", { class: "timeline" }, this.now, this.scrub, this.left),
          make("div", { class: "buttons" }, this.toggle, round("back", "back", say("back")), round("ahead", "ahead", say("ahead")), this.fast))));
    document.body.append(this.dialog);
    this.dialog.showModal();
    this.toggle.focus({ focusVisible: false });
    this.show();
  }

  listen() {
    this.dialog.addEventListener("click", ({ target }) => this.act(target.closest("[data-action]")?.dataset.action, target));
    this.dialog.addEventListener("close", () => this.stop());
    this.dialog.addEventListener("keydown", (event) => this.key(event));
    for (const kind of ["pointermove", "keydown", "focusin"]) this.dialog.addEventListener(kind, () => this.wake());
    this.scrub.addEventListener("input", () => {
      this.position = Number(this.scrub.value);
      this.show();
    });
    this.scrub.addEventListener("change", () => this.tell());
    this.onHide = () => this.tell("play_stop");
    addEventListener("pagehide", this.onHide);
    this.last = this.told = performance.now();
    this.timer = setInterval(() => this.tick(), TICK_MS);
    this.tell("play_start");
    this.wake();
  }

  tick() {
    const now = performance.now();
    if (this.playing) this.position = Math.min(this.duration, this.position + ((now - this.last) / 1000) * this.rate);
    this.last = now;
    this.show();
    if (this.playing && now - this.told >= TELL_MS) this.tell();
    if (this.position >= this.duration && this.playing) this.end();
  }

  tell(kind = "progress") {
    this.told = performance.now();
    const payload = { position_s: Math.round(this.position), duration_s: this.duration };
    track(kind, this.place, payload);
    if (!this.completed && kind !== "play_start" && this.position >= 0.95 * this.duration) this.complete();
  }

  complete() {
    this.completed = true;
    track("complete", this.place, { position_s: Math.round(this.position), duration_s: this.duration });
  }

  show() {
    this.now.textContent = clock(this.position);
    this.left.textContent = `−${clock(this.duration - this.position)}`;
    this.scrub.value = String(this.position);
    this.scrub.style.setProperty("--at", `${(this.position / this.duration) * 100}%`);
    this.scrub.setAttribute("aria-valuetext", say("position-of", { position: clock(this.position), length: clock(this.duration) }));
    if (!this.completed && this.position >= 0.95 * this.duration && !this.scrub.matches(":active")) this.complete();
  }

  act(action) {
    if (action === "close") this.dialog.close();
    else if (action === "toggle") this.setPlaying(!this.playing);
    else if (action === "back") this.jump(-10);
    else if (action === "ahead") this.jump(10);
    else if (action === "fast") this.setRate(this.rate === 1 ? FAST : 1);
    else if (action === "again") this.again();
  }

  key(event) {
    if (event.target === this.scrub || event.target.matches("[data-action^=thumb]")) return;
    const step = { ArrowLeft: isRtl ? 10 : -10, ArrowRight: isRtl ? -10 : 10 }[event.key];
    const beside = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (step) this.jump(step);
    else if (beside) {
      const stops = [...this.dialog.querySelectorAll("button, input")];
      stops[stops.indexOf(document.activeElement) + beside]?.focus();
    } else if (event.key === "k" || (event.key === " " && !event.target.matches("button"))) this.setPlaying(!this.playing);
    else return;
    event.preventDefault();
  }

  jump(seconds) {
    this.position = Math.max(0, Math.min(this.duration, this.position + seconds * (this.rate === 1 ? 1 : 6)));
    this.show();
  }

  setPlaying(playing) {
    this.playing = playing;
    this.last = performance.now();
    this.dialog.classList.toggle("still", !playing);
    this.toggle.replaceChildren(icon(playing ? "pause" : "play"));
    this.toggle.setAttribute("aria-label", say(playing ? "pause" : "play"));
    this.wake();
  }

  setRate(rate) {
    this.rate = rate;
    this.fast.setAttribute("aria-pressed", String(rate !== 1));
  }

  wake() {
    this.dialog.classList.remove("idle");
    clearTimeout(this.idle);
    this.idle = setTimeout(() => this.dialog.classList.toggle("idle", this.playing), IDLE_MS);
  }

  end() {
    this.setPlaying(false);
    const again = make("button", { type: "button", class: "act", "data-action": "again" }, icon("back"), say("again"));
    const done = make("button", { type: "button", class: "act main", "data-action": "close" }, say("done"));
    this.dialog.append(make("div", { class: "ended", "data-item-id": this.place.cell.item_id },
      make("p", {}, say("how")), make("div", {}, thumbButtons(this.place.cell)), make("div", {}, done, again)));
    done.focus();
  }

  again() {
    this.dialog.querySelector(".ended").remove();
    this.position = 0;
    this.completed = false;
    this.tell("play_start");
    this.setPlaying(true);
    this.toggle.focus();
  }

  stop() {
    clearInterval(this.timer);
    clearTimeout(this.idle);
    removeEventListener("pagehide", this.onHide);
    this.tell("play_stop");
    showProgress(this.place.cell.item_id, this.completed ? 1 : this.position / this.duration);
    fetchToasts();
    this.dialog.remove();
    if (this.returnTo?.isConnected) this.returnTo.focus({ preventScroll: true });
  }
}

/** Open the player; returns the place it plays, so that thumbs at the end know theirs. */
export function play(place) {
  const player = new Player(place);
  player.dialog.place = place;
}
