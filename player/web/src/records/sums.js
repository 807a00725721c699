// What becomes of records when a screen has been alone for too long: sums, media by media and hour by hour.
// Pure. Where hours make them hardly fewer, days do; and where those do not, all time together.

import { detailed } from "../session/bounds.js";

const HOUR_MS = 3600000;
const SPANS_MS = [HOUR_MS, 24 * HOUR_MS, Infinity];
const WORTH_IT = 0.9;

/**
 * Sums up records, the oldest first. Plays of one media in one hour become one play; of events, the same one
 * of the same item becomes one. A last event says how many records there were.
 * @param {{number: number, what: object}[]} records
 * @returns {{sums: object[], went: number[]}} what to append, and the numbers that it stands for
 */
export function summed(records) {
  for (const spanMs of SPANS_MS) {
    const result = summedBy(spanMs, records);
    if (result.sums.length <= records.length * WORTH_IT) return result;
  }
  return summedBy(Infinity, records);
}

function summedBy(spanMs, records) {
  const plays = new Map();
  const events = new Map();
  for (const { what } of records) {
    if (what.type === "play") addPlay(plays, what, spanMs);
    else addEvent(events, what);
  }
  const sums = [...plays.values(), ...[...events.values()].map(inWords)];
  if (records.length > 0) {
    const last = records[records.length - 1].what;
    const detail = `${records.length} records of a screen without its hub were summed up by media and hour`;
    sums.push({ type: "event", event: "summarised", detail, at_ms: last.ended_ms ?? last.at_ms });
  }
  return { sums, went: records.map((record) => record.number) };
}

function addPlay(plays, play, spanMs) {
  const span = Math.floor(play.started_ms / spanMs);
  const { name, media_id, playlist_id, playlist_number } = play;
  const key = JSON.stringify([span, media_id ?? null, playlist_id ?? null, playlist_number ?? null, name]);
  const before = plays.get(key);
  if (before === undefined) {
    plays.set(key, { ...play, plays: play.plays ?? 1, completed: play.completed ?? 0 });
    return;
  }
  before.started_ms = Math.min(before.started_ms, play.started_ms);
  before.ended_ms = Math.max(before.ended_ms, play.ended_ms);
  before.shown_ms += play.shown_ms;
  before.plays += play.plays ?? 1;
  before.completed += play.completed ?? 0;
}

function addEvent(events, event) {
  const key = JSON.stringify([event.event, event.item ?? null]);
  const before = events.get(key);
  if (before === undefined) events.set(key, { event, times: 1 });
  else events.set(key, { event, times: before.times + 1 }); // The newest words.
}

function inWords({ event, times }) {
  if (times === 1) return event;
  return { ...event, detail: detailed(`${times} times; at last: ${event.detail ?? event.event}`) };
}
