// What an alert is proved by: the hash of what is shown, which the screen makes; the text that the hub signs.
// Both are compact JSON arrays in UTF-8, as protocol/alert.py writes them; vectors are in protocol/vectors/.

const utf8 = new TextEncoder();

/**
 * SHA-256 of what is shown. It is made of the page, never of what was sent.
 * @param {string} title
 * @param {string} message
 * @param {string} severity
 * @param {import("./alert.js").AlertText[]} texts the same in other languages
 * @returns {Promise<string>} 64 hex digits
 */
export async function contentHash(title, message, severity, texts = []) {
  const shown = [title, message, severity];
  if (texts.length > 0) shown.push(listed(texts));
  return hex(await crypto.subtle.digest("SHA-256", canonical(shown)));
}

/**
 * What the hub signs of an alert for the screens of this tenant: all that it says.
 * @param {string} tenantId
 * @param {import("./alert.js").Alert} alert
 * @returns {Uint8Array}
 */
export function signedText(tenantId, alert) {
  return canonical([
    "clarion.alert.1",
    tenantId,
    alert.emergency_id,
    alert.sequence,
    alert.language,
    alert.title,
    alert.message,
    alert.severity,
    alert.issued_ms,
    alert.expires_ms,
    alert.content_hash,
    listed(alert.texts),
    alert.pictogram,
    alert.sound,
    alert.drill,
  ]);
}

/**
 * What an older key signs of a newer one.
 * @param {string} kid
 * @param {string} x
 * @returns {Uint8Array}
 */
export function endorsedText(kid, x) {
  return canonical(["clarion.key.1", kid, x]);
}

/**
 * What a key is called by: its thumbprint (RFC 7638), so that nobody can publish another one by its name.
 * @param {string} x the public key, base64url
 * @returns {Promise<string>} base64url
 */
export async function keyId(x) {
  const members = utf8.encode(JSON.stringify({ crv: "Ed25519", kty: "OKP", x }));
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", members));
  return btoa(String.fromCharCode(...digest)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/**
 * @param {string} text base64url without padding
 * @returns {Uint8Array}
 * @throws {DOMException} when it is not that
 */
export function fromBase64url(text) {
  const bytes = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(bytes, (byte) => byte.charCodeAt(0));
}

function listed(texts) {
  return texts.map(({ language, title, message }) => [language, title, message]);
}

function canonical(value) {
  return utf8.encode(JSON.stringify(value));
}

function hex(buffer) {
  return Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
