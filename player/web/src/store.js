// What a screen keeps on its own disk: who it is, what it plays, what it was ordered, what it has recorded.
//
// Rule 1: what a promise of this page says is done is on the disk (`durability: "strict"`) where a crash must
//         not undo it: the journal, the log, the identity.
// Rule 2: a token is kept here and nowhere else: not in an address, not on the console.
// Rule 3: the log is numbered from 1 on, and never reuses a number. What was handed out to be sent
//         (`saying`) may be at the hub: it is never summarised, only said again (protocol/frames.py, Rule
//         9).

import { Journal } from "./commands/journal.js";
import { Log } from "./records/log.js";

const NAME = "clarion";
const VERSION = 1;

/**
 * Opens the store, or makes it.
 * @returns {Promise<Store>}
 * @throws {DOMException} where the browser keeps nothing (a private window, a full disk)
 */
export async function openStore() {
  const opening = indexedDB.open(NAME, VERSION);
  opening.onupgradeneeded = () => {
    const made = opening.result;
    made.createObjectStore("kept");
    const journal = made.createObjectStore("journal", { keyPath: "order" });
    journal.createIndex("command_id", "command_id", { unique: true });
    made.createObjectStore("log", { keyPath: "number" });
  };
  const database = await answered(opening);
  const store = new Store(database);
  await store.begin();
  return store;
}

/** Values by name, and beside them the journal of commands and the log of records. */
export class Store {
  #database;

  /** @param {IDBDatabase} database */
  constructor(database) {
    this.#database = database;
    const within = (name, work) => this.#within(name, work);
    this.journal = new Journal(within);
    this.log = new Log(within);
  }

  /** Reads where the journal and the log go on. */
  async begin() {
    await this.journal.open();
    await this.log.open();
  }

  /** @param {string} key @returns {Promise<any>} undefined when there is none */
  get(key) {
    return this.#within("kept", (kept) => answered(kept.get(key)));
  }

  /** @param {string} key @param {any} value anything that can be cloned */
  set(key, value) {
    return this.#within("kept", (kept) => answered(kept.put(value, key)));
  }

  /** @param {string} key */
  remove(key) {
    return this.#within("kept", (kept) => answered(kept.delete(key)));
  }

  /** Forgets everything, and begins another log. */
  async clear() {
    for (const name of ["kept", "journal", "log"]) {
      await this.#within(name, (all) => answered(all.clear()));
    }
    await this.begin();
  }

  async #within(name, work) {
    const names = name === "log" ? ["log", "kept"] : [name];
    const transaction = this.#database.transaction(names, "readwrite", { durability: "strict" });
    const over = new Promise((done, failed) => {
      transaction.oncomplete = () => done();
      transaction.onabort = () => failed(transaction.error ?? new Error("the disk took nothing"));
    });
    over.catch(() => {});
    try {
      const result = await work(...names.map((each) => transaction.objectStore(each)));
      await over;
      return result;
    } catch (error) {
      if (transaction.error === null) abort(transaction);
      throw error;
    }
  }
}

function abort(transaction) {
  try {
    transaction.abort();
  } catch {
    // It is over already.
  }
}

/**
 * A request of IndexedDB as a promise.
 * @template T @param {IDBRequest<T>} request @returns {Promise<T>}
 */
export function answered(request) {
  return new Promise((done, failed) => {
    request.onsuccess = () => done(request.result);
    request.onerror = () => failed(request.error);
  });
}
