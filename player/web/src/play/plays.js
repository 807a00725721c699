// What was on the glass, for proof of play. Pure.
//
// Rule 1: an instant is read once, at the beginning; the end is that and what a clock says that never goes
//         back. So a record never ends before it begins, however the time of day is corrected meanwhile.

/**
 * Something is on the glass.
 * @param {object} item of the manifest @param {object|null} playlist of the manifest
 * @param {number} now seconds @param {number} nowMs by the hub's clock
 */
export const begunPlay = (item, playlist, now, nowMs) => ({
  item, playlist, startedS: now, startedMs: Math.round(nowMs),
});

/** It has left: protocol.frames.Play, without its tag. @param {boolean} completed whether to its end */
export function endedPlay({ item, playlist, startedS, startedMs }, now, completed) {
  const shownMs = Math.max(0, Math.round((now - startedS) * 1000));
  const play = {
    name: item.name,
    started_ms: startedMs,
    ended_ms: startedMs + shownMs,
    shown_ms: shownMs,
    media_id: item.media_id,
    plays: 1,
    completed: completed ? 1 : 0,
  };
  if (playlist === null) return play;
  return { ...play, playlist_id: playlist.playlist_id, playlist_number: playlist.number };
}
