/*
 * Keeps events until the server has answered for them: in IndexedDB, so that they outlive a reload, a crash and a lost
 * connection, and in memory alone where a browser forbids that. All tabs of a site share it. Sends nothing.
 */

const KEPT_MAX = 20000;
const TRIM_EVERY = 500;
/** Many, and each says little: the first to go. */
const BULKY = new Set(["scroll", "hover", "preview", "impression"]);

let lastMs = 0;
let count = 0;

/** An id that no other event has; later ones sort after earlier ones (UUID version 7). */
export function newId() {
  const now = Date.now();
  [lastMs, count] = now > lastMs ? [now, 0] : [lastMs, count + 1];
  const hex = (value, width = 4) => value.toString(16).padStart(width, "0");
  const time = hex(lastMs, 12);
  const [first, ...rest] = crypto.getRandomValues(new Uint16Array(4));
  const chance = [0x8000 | (first & 0x3fff), ...rest].map((value) => hex(value));
  return `${time.slice(0, 8)}-${time.slice(8)}-7${hex(count & 0xfff, 3)}-${chance[0]}-${chance.slice(1).join("")}`;
}

function open() {
  return new Promise((resolve) => {
    try {
      const asked = indexedDB.open("pasand", 1);
      asked.onupgradeneeded = () => {
        const events = asked.result.createObjectStore("events", { keyPath: ["owner", "id"] });
        events.createIndex("id", "id");
        events.createIndex("bulky", "bulky");
      };
      asked.onsuccess = () => resolve(asked.result);
      asked.onerror = () => resolve(null);
    } catch {
      resolve(null);
    }
  });
}

export class Outbox {
  /** `owner` is whose events these are: another member's wait for their own page. */
  constructor(owner, keptMax = KEPT_MAX) {
    this.owner = owner;
    this.keptMax = keptMax;
    this.own = new Map();
    this.unwritten = [];
    this.written = 0;
    // Undefined until it is open, null where there is none.
    this.db = undefined;
    this.others = typeof BroadcastChannel === "function" ? new BroadcastChannel("pasand-outbox") : null;
    if (this.others) this.others.onmessage = ({ data }) => this.forget(data);
    this.opened = open().then((db) => this.use(db));
  }

  use(db) {
    this.db = db;
    this.write();
    if (!db) return;
    this.trim();
    db.onversionchange = () => db.close();
    // It went away: this page's own events are still in memory.
    db.onclose = () => {
      this.db = null;
      for (const record of this.own.values()) record.kept = false;
    };
  }

  /** Keep an event. Its text is fixed here, so that each sending says the same. */
  put(event) {
    const record = { owner: this.owner, id: event.event_id, text: JSON.stringify(event), bulky: BULKY.has(event.kind) };
    this.own.set(record.id, record);
    this.unwritten.push(record);
    if (this.unwritten.length === 1) queueMicrotask(() => this.write());
    if (this.own.size > this.keptMax) this.own.delete(([...this.own.values()].find((one) => one.bulky) ?? this.own.values().next().value).id);
  }

  /** Write at once what was put; a page that goes away does not wait for the microtask. */
  write() {
    if (this.db === undefined || !this.unwritten.length) return;
    const records = this.unwritten.splice(0);
    const done = this.change((store) => {
      for (const { owner, id, text, bulky } of records) store.put(bulky ? { owner, id, text, bulky: id } : { owner, id, text });
    });
    done.then((kept) => {
      for (const record of records) record.kept = kept;
    });
    this.written += records.length;
    if (this.written >= TRIM_EVERY) this.trim();
  }

  /** The oldest events of this owner, whichever tab made them. */
  async batch(countMax) {
    await this.opened;
    const found = new Map((await this.stored(countMax)).map((record) => [record.id, record]));
    for (const record of this.own.values()) if (!record.kept) found.set(record.id, record);
    return [...found.values()].sort((one, other) => (one.id < other.id ? -1 : 1)).slice(0, countMax);
  }

  stored(countMax) {
    return new Promise((resolve) => {
      const none = () => resolve([]);
      try {
        const range = IDBKeyRange.bound([this.owner], [this.owner, []]);
        const asked = this.db.transaction("events").objectStore("events").getAll(range, countMax);
        asked.onsuccess = () => resolve(asked.result);
        asked.onerror = none;
      } catch {
        none();
      }
    });
  }

  /** Let events go that the server has answered for. */
  drop(ids) {
    this.forget(ids);
    this.others?.postMessage(ids);
    return this.change((store) => ids.forEach((id) => store.delete([this.owner, id])));
  }

  forget(ids) {
    for (const id of ids) this.own.delete(id);
  }

  /** Past the bound the oldest go, bulky ones first. */
  trim() {
    this.written = 0;
    this.change((store) => {
      const remove = (source, excess, next) => {
        source.getAllKeys(null, excess).onsuccess = ({ target }) => {
          for (const key of target.result) store.delete(key);
          if (next && target.result.length < excess) next(excess - target.result.length);
        };
      };
      store.count().onsuccess = ({ target }) => {
        const excess = target.result - this.keptMax;
        if (excess > 0) remove(store.index("bulky"), excess, (rest) => remove(store.index("id"), rest));
      };
    }, false);
  }

  /** Change the store; resolves to whether it was done. */
  change(act, last = true) {
    return new Promise((resolve) => {
      try {
        const change = this.db.transaction("events", "readwrite");
        change.oncomplete = () => resolve(true);
        change.onabort = () => resolve(false);
        act(change.objectStore("events"));
        // Said to be all: it is then done even where the page goes away before it is.
        if (last) change.commit?.();
      } catch {
        resolve(false);
      }
    });
  }
}
