// What was on the glass, for proof of play. Pure.
//
// Rule 1: an instant is read once, at the beginning; the end is that and what a clock says that never goes
//         back. So a record never ends before it begins, however the time of day is corrected meanwhile.
// Rule 2: while it was paused it was not shown, as in player/playback.py.
// Rule 3: nor while an alert covered it; and then it was not shown to its end (player/recorder.py, Rule 4).

/**
 * Something is on the glass.
 * @param {object} item of the manifest @param {object|null} playlist of the manifest
 * @param {number} now seconds @param {number} nowMs by the hub's clock
 */
export const begunPlay = (item, playlist, now, nowMs) => ({
  item, playlist, startedS: now, startedMs: Math.round(nowMs), heldS: 0, heldSinceS: null, whole: true,
});

/** It is paused. @param {number} now */
export const heldPlay = (play, now) => (play.heldSinceS === null ? { ...play, heldSinceS: now } : play);

/** An alert covers it. @param {number} now */
export const coveredPlay = (play, now) => ({ ...heldPlay(play, now), whole: false });

/** It goes on. @param {number} now */
export const resumedPlay = (play, now) =>
  play.heldSinceS === null ? play : { ...play, heldS: play.heldS + now - play.heldSinceS, heldSinceS: null };

/** It has left: protocol.frames.Play, without its tag. @param {boolean} completed whether to its end */
export function endedPlay(begun, now, completed) {
  const { item, playlist, startedS, startedMs, heldS, whole } = resumedPlay(begun, now);
  const lastedS = Math.max(0, now - startedS);
  const play = {
    name: item.name,
    started_ms: startedMs,
    ended_ms: startedMs + Math.round(lastedS * 1000),
    shown_ms: Math.round(Math.max(0, lastedS - heldS) * 1000),
    media_id: item.media_id,
    plays: 1,
    completed: completed && whole ? 1 : 0,
  };
  if (playlist === null) return play;
  return { ...play, playlist_id: playlist.playlist_id, playlist_number: playlist.number };
}
