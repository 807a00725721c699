// What a manifest plays, by the hub's clock: which items, in which order, and until when that holds. Pure.
//
// Rule 1: only what is within its window is shown, hub or no hub: what ended is not begun any more, and
//         leaves.
// Rule 2: with `shuffle` each round has another order, the same for every screen that plays the manifest: by
//         the SHA-256, in hex, of `<playlist id>/<number>/<round>/<item id>`, which any platform can compute.
// Rule 3: behind the end of its schedule a manifest says nothing, and nothing plays.
// Rule 4: everything is an instant (milliseconds since the Unix epoch): no calendar, no time zone. A change
//         of the clocks, or of the machine's zone, changes nothing.

import { sha256OfText } from "./sha256.js";

/** One manifest (protocol/manifest.py). Items are the manifest's own, as they are. */
export class Programme {
  /** @param {object} manifest */
  constructor(manifest) {
    this.manifest = manifest;
  }

  /** @param {number} nowMs @returns {object|null} what plays then. */
  playlistAt(nowMs) {
    const place = this.#segmentAt(nowMs)?.playlist ?? null;
    return place === null ? null : this.manifest.playlists[place];
  }

  /**
   * What is to be shown, one after the other, in the round `turn` (from 0).
   * @param {number} nowMs @param {number} turn @returns {object[]}
   */
  itemsAt(nowMs, turn) {
    const playlist = this.playlistAt(nowMs);
    if (playlist === null) return [];
    const items = playlist.items.filter((item) => isWithin(item, nowMs));
    if (!playlist.shuffle) return items;
    const prefix = `${playlist.playlist_id}/${playlist.number}/${turn}/`;
    return items
      .map((item) => ({ item, rank: sha256OfText(prefix + item.id) }))
      .sort((one, other) => (one.rank < other.rank ? -1 : 1))
      .map(({ item }) => item);
  }

  /** @param {number} nowMs @returns {number|null} when something else is to be shown; null: never. */
  nextTurnMs(nowMs) {
    const turns = [this.#segmentAt(nowMs)?.until_ms];
    for (const item of this.playlistAt(nowMs)?.items ?? []) {
      turns.push(item.valid_from_ms, item.valid_until_ms);
    }
    const ahead = turns.filter((turn) => typeof turn === "number" && turn > nowMs);
    return ahead.length === 0 ? null : Math.min(...ahead);
  }

  #segmentAt(nowMs) {
    return this.manifest.schedule.find((each) => (each.until_ms ?? null) === null || nowMs < each.until_ms);
  }
}

function isWithin(item, nowMs) {
  const from = item.valid_from_ms ?? null;
  const until = item.valid_until_ms ?? null;
  return (from === null || from <= nowMs) && (until === null || nowMs < until);
}
