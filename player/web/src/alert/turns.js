// Whose turn it is to be seen, where there are more words than space: languages of one alert, and alerts
// beside the gravest. Pure: turns are counted from 0 on.

/** So many alerts are seen beside the gravest at once. */
export const SIDE_SLOTS = 3;

const SHORTEST_S = 8;
const LONGEST_S = 30;
const TO_LOOK_UP_S = 4;
const READ_A_SECOND = 15; // letters, by somebody who reads slowly

/**
 * How long one turn takes: until the longest of what is shown was read.
 * @param {import("./alert.js").Alert[]} alerts
 * @returns {number} seconds
 */
export function turnS(alerts) {
  const lengths = alerts.flatMap((alert) => [alert, ...alert.texts])
    .map(({ title, message }) => title.length + message.length);
  const longest = Math.max(0, ...lengths);
  return Math.min(LONGEST_S, Math.max(SHORTEST_S, TO_LOOK_UP_S + longest / READ_A_SECOND));
}

/**
 * Where an alert is in this turn.
 * @param {number} place 0: the gravest
 * @param {number} count of all alerts
 * @param {number} languages of this one
 * @param {number} turn
 * @returns {{slot: number|null, language: number}} slot: null for the gravest, it has its own place;
 *   -1: it is not its turn
 */
export function placed(place, count, languages, turn) {
  if (place === 0) return { slot: null, language: turn % languages };
  const pages = Math.ceil((count - 1) / SIDE_SLOTS);
  const isIn = Math.floor((place - 1) / SIDE_SLOTS) === turn % pages;
  // A language stays while the pages go round, or some page would only ever be seen in one.
  return { slot: isIn ? (place - 1) % SIDE_SLOTS : -1, language: Math.floor(turn / pages) % languages };
}

/** Whether anything changes with the turns. */
export function takesTurns(alerts) {
  return alerts.length - 1 > SIDE_SLOTS || alerts.some((alert) => alert.texts.length > 0);
}
