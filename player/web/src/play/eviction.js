// Which files leave when there is no more room: those that nobody needs, the longest unused first. Pure.
//
// Rule 1: what is scheduled is never evicted, whatever is asked for: a screen that is short of room shows
//         less, and says so, instead of losing what it has.

/**
 * @param {Map<string, number>} kept bytes by SHA-256
 * @param {(sha256: string) => number} usedMs when it was shown last
 * @param {Set<string>} scheduled SHA-256 of what the manifest names
 * @param {number} neededBytes how much room is to be made
 * @returns {string[]|null} whom to evict, in this order; null: there is not so much to be had
 */
export function whatLeaves(kept, usedMs, scheduled, neededBytes) {
  const unused = [...kept].filter(([sha256]) => !scheduled.has(sha256));
  unused.sort(([one], [other]) => usedMs(one) - usedMs(other));
  const leaving = [];
  let room = 0;
  for (const [sha256, bytes] of unused) {
    if (room >= neededBytes) break;
    leaving.push(sha256);
    room += bytes;
  }
  return room >= neededBytes ? leaving : null;
}

/**
 * The files of a manifest, each once: first what plays now, then what the schedule brings, then the rest.
 * @param {object} manifest @param {number} nowMs @returns {object[]} items
 */
export function wantedFiles(manifest, nowMs) {
  const ahead = manifest.schedule.filter((segment) => (segment.until_ms ?? Infinity) > nowMs);
  const places = [...ahead.map((segment) => segment.playlist ?? null), ...manifest.playlists.keys()];
  const wanted = new Map();
  for (const place of places) {
    for (const item of place === null ? [] : manifest.playlists[place].items) {
      if (isFile(item) && !wanted.has(item.sha256)) wanted.set(item.sha256, item);
    }
  }
  return [...wanted.values()];
}

/** Whether it must be on the screen before it can be shown; the others are addresses. */
export const isFile = (item) => item.kind === "image" || item.kind === "video" || item.kind === "html";
