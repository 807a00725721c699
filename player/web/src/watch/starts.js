// How often the player starts: one that falls again and again starts in safe mode, and says so.
//
// Rule 1: no clock is asked: a run that lasted long enough is `settled`; only runs that did not are counted.
// Rule 2: a start that was meant (an update, a reboot by command) is none of them.
// Rule 3: safe mode shows pictures only: no films, no pages, nothing that runs. Alerts are as ever. It ends
//         with a start that is meant, after a while; whoever falls again is back in it soon.

/** So many runs in a row that did not last. */
export const STARTS_IN_A_ROW = 4;
/** A run that lasted so long is good. */
export const SETTLED_AFTER_S = 60;
/** So long it stays in safe mode before it tries again. */
export const SAFE_FOR_S = 600;

const KEY = "starts";

/**
 * The player starts.
 * @param {{get(key: string): Promise<any>, set(key: string, value: any): Promise<void>}} store
 * @param {number} nowMs kept for whoever looks into the store
 * @returns {Promise<{safeMode: boolean, reason: string|null}>} `reason`: why it starts again; null: it is
 *   the first time
 */
export async function begin(store, nowMs) {
  const before = await store.get(KEY);
  const isMeant = before?.left?.isMeant ?? false;
  const inARow = isMeant ? 0 : (before?.inARow ?? 0) + 1;
  await store.set(KEY, { inARow, begunMs: nowMs, left: null });
  const safeMode = inARow >= STARTS_IN_A_ROW;
  if (before === undefined) return { safeMode, reason: null };
  const why = before.left?.reason ?? "It ended without a word: a crash, or the power went.";
  return { safeMode, reason: safeMode ? `It started ${inARow} times and did not last. ${why}` : why };
}

/** The page goes, and knows why. @param {boolean} isMeant false: something was wrong; it counts */
export async function leave(store, reason, isMeant = true) {
  await store.set(KEY, { inARow: 0, ...(await store.get(KEY)), left: { reason, isMeant } });
}

/** It has run for SETTLED_AFTER_S. */
export async function settled(store) {
  await store.set(KEY, { ...(await store.get(KEY)), inARow: 0 });
}

/**
 * What is played of a manifest in safe mode (Rule 3). Pure.
 * @param {object} manifest protocol.manifest.Manifest
 */
export function onlyPictures(manifest) {
  const playlists = manifest.playlists.map((playlist) => ({
    ...playlist,
    items: playlist.items.filter(({ kind }) => kind === "image"),
  }));
  return { ...manifest, playlists };
}
