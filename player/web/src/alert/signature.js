// Whether the hub said it: Ed25519 signatures of alerts, and which keys are taken for the hub's.
// Mirrors player/signature.py.
//
// Rule 1: the first keys are trusted because of how they came: over the connection that the token came by.
// Rule 2: a later key is trusted if one that is trusted already endorses it, and for no other reason.
// Rule 3: no key is taken out: what an older one signed is still good, and the hub signs by the newest.
// Rule 4: a browser that cannot check Ed25519 by itself uses the library in vendor/.

import { verifyAsync } from "../../vendor/noble-ed25519-3.2.0.js";
import { readAlert } from "./alert.js";
import { endorsedText, fromBase64url, keyId, signedText } from "./canonical.js";

const MOST_KEYS = 32;

/**
 * @typedef {Object} SigningKey  a JWK of GET /api/v1/signing-keys
 * @property {string} kid
 * @property {string} x base64url
 * @property {{kid: string, value: string}[]} [endorsements]
 */

/** What `verifyAlert` says when another look at the hub's keys may help. */
export const UNKNOWN_KEY = "it is signed by a key that this screen does not trust";

/**
 * Whether the hub signed this alert for the screens of this tenant.
 * @param {any} alert as it came in the frame
 * @param {string} tenantId
 * @param {SigningKey[]} keys those that are trusted
 * @returns {Promise<string|null>} null: it did; else why it is refused
 */
export async function verifyAlert(alert, tenantId, keys) {
  let read;
  try {
    read = readAlert(alert);
  } catch (error) {
    return error.message;
  }
  if (read.signature === null) return "it is not signed";
  const key = keys.find(({ kid }) => kid === read.signature.kid);
  if (key === undefined) return UNKNOWN_KEY;
  const fits = await verifyBytes(key.x, read.signature.value, signedText(tenantId, read));
  return fits ? null : "its signature does not fit";
}

/**
 * The keys to trust from now on.
 * @param {SigningKey[]} trusted none yet: what is offered is taken (on enrolment, where its token came from)
 * @param {SigningKey[]} offered what the hub publishes
 * @returns {Promise<SigningKey[]>}
 */
export async function learnKeys(trusted, offered) {
  const keys = [...trusted];
  let waiting = [];
  for (const key of offered.slice(0, MOST_KEYS)) {
    if (await isSound(key) && !keys.some(({ kid }) => kid === key.kid)) waiting.push(key);
  }
  if (trusted.length === 0) return waiting;
  for (let before = -1; before !== keys.length;) { // A key may be endorsed by one that is itself new.
    before = keys.length;
    for (const key of waiting) if (await isEndorsed(key, keys)) keys.push(key);
    waiting = waiting.filter((key) => !keys.includes(key));
  }
  return keys;
}

/**
 * @param {string} x public key, base64url
 * @param {string} signature base64url
 * @param {Uint8Array} message
 * @param {SubtleCrypto} subtle
 * @returns {Promise<boolean>}
 */
export async function verifyBytes(x, signature, message, subtle = crypto.subtle) {
  try {
    const [publicKey, value] = [fromBase64url(x), fromBase64url(signature)];
    let key;
    try {
      key = await subtle.importKey("raw", publicKey, "Ed25519", false, ["verify"]);
    } catch (error) {
      if (error.name !== "NotSupportedError") throw error;
      return await verifyAsync(value, message, publicKey, { zip215: false });
    }
    return await subtle.verify("Ed25519", key, value, message);
  } catch {
    return false; // Not base64, not a point of the curve, not 64 bytes: whatever it is, it is no signature.
  }
}

async function isSound(key) {
  return typeof key?.x === "string" && typeof key.kid === "string" && key.kid === await keyId(key.x);
}

async function isEndorsed(key, trusted) {
  for (const { kid, value } of Array.isArray(key.endorsements) ? key.endorsements : []) {
    const endorser = trusted.find((old) => old.kid === kid);
    if (endorser && await verifyBytes(endorser.x, value, endorsedText(key.kid, key.x))) return true;
  }
  return false;
}
