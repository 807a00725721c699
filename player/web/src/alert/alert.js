// One alert as the hub sends it: read, with what was left out filled in, and compared.

/** How bad it can be, the worst first. */
export const SEVERITIES = ["extreme", "severe", "moderate", "minor"];
const MOST_TEXTS = 20;

/**
 * @typedef {Object} AlertText
 * @property {string} language BCP 47; "" when nobody said
 * @property {string} title
 * @property {string} message
 */

/**
 * @typedef {Object} Alert  protocol.frames.Alert, nothing left out
 * @property {string} emergency_id
 * @property {string} title
 * @property {string} message
 * @property {"extreme"|"severe"|"moderate"|"minor"} severity
 * @property {number} issued_ms
 * @property {string} content_hash
 * @property {number|null} expires_ms
 * @property {number} sequence
 * @property {string} language
 * @property {AlertText[]} texts
 * @property {string|null} pictogram
 * @property {string|null} sound
 * @property {boolean} drill
 * @property {{kid: string, value: string}|null} signature
 */

/**
 * The alert of a frame, whole. What it says beyond these fields is left out.
 * @param {any} said
 * @returns {Alert}
 * @throws {TypeError} with a plain sentence, when it is no alert
 */
export function readAlert(said) {
  if (typeof said !== "object" || said === null) throw new TypeError("there is no alert in it");
  const { texts = [], signature = null } = said;
  if (!Array.isArray(texts) || texts.length > MOST_TEXTS) throw new TypeError("its texts are no list");
  if (!SEVERITIES.includes(said.severity)) throw new TypeError("its severity is not known");
  return {
    emergency_id: text(said, "emergency_id"),
    title: text(said, "title"),
    message: text(said, "message"),
    severity: said.severity,
    issued_ms: whole(said, "issued_ms"),
    content_hash: text(said, "content_hash"),
    expires_ms: said.expires_ms == null ? null : whole(said, "expires_ms"),
    sequence: said.sequence === undefined ? 1 : whole(said, "sequence"),
    language: said.language === undefined ? "" : text(said, "language"),
    texts: texts.map((other) => ({
      language: text(other, "language"),
      title: text(other, "title"),
      message: text(other, "message"),
    })),
    pictogram: said.pictogram == null ? null : text(said, "pictogram"),
    sound: said.sound == null ? null : text(said, "sound"),
    drill: said.drill === true,
    signature: signature === null ? null : { kid: text(signature, "kid"), value: text(signature, "value") },
  };
}

/**
 * Whether both say the same.
 * @param {Alert|undefined} one
 * @param {Alert|undefined} other
 */
export function sameAlert(one, other) {
  return one !== undefined && other !== undefined
    && JSON.stringify(readAlert(one)) === JSON.stringify(readAlert(other));
}

/**
 * Whether its time has passed.
 * @param {Alert} alert
 * @param {number} nowMs of the hub's clock
 */
export function isOver(alert, nowMs) {
  return alert.expires_ms !== null && alert.expires_ms <= nowMs;
}

function text(said, field) {
  if (typeof said?.[field] !== "string") throw new TypeError(`its ${field} is no text`);
  return said[field];
}

function whole(said, field) {
  if (!Number.isSafeInteger(said?.[field])) throw new TypeError(`its ${field} is no whole number`);
  return said[field];
}
