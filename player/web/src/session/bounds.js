// What a screen says is bounded (docs/protocol.md): a frame beyond that is not understood.

const SHORT = 200;
const LONG = 2000;

/** At most so many characters, and nothing that is half of one. @param {string} text @param {number} most */
export function cut(text, most = SHORT) {
  const whole = text.replace(/\p{Surrogate}/gu, "\ufffd");
  return whole.length <= most ? whole : Array.from(whole).slice(0, most).join("");
}

/** A `detail`, which may be longer. @param {unknown} said */
export function detailed(said) {
  return cut(String(said), LONG);
}

/**
 * One frame or record as it may be said: texts cut, numbers whole and not below 0, what is not there left
 * out.
 * @param {object} what flat
 * @returns {object}
 */
export function bounded(what) {
  const there = Object.entries(what).filter(([, value]) => value !== null && value !== undefined);
  return Object.fromEntries(there.map(([name, value]) => [name, boundedValue(name, value)]));
}

function boundedValue(name, value) {
  if (typeof value === "string") return name === "detail" ? detailed(value) : cut(value);
  return typeof value === "number" ? Math.max(0, Math.round(value)) || 0 : value;
}
