// Whether this page can be a screen at all, and whether it is the only one of its browser.

const LOCK = "clarion-session";
const OPEN_ALREADY = "Another page of this browser is this screen. When it is closed, this one takes over.";
const TOO_OLD = "It keeps no files for a page: too old, or a private window. Chromium 120 or newer does.";

/**
 * What keeps this browser from being a screen, and how to mend it.
 * @returns {string|null} null: nothing does
 */
export function whatIsLacking() {
  if (isSecureContext) return "serviceWorker" in navigator && crypto.subtle ? null : TOO_OLD;
  return (
    `It was opened at ${location.origin}, without TLS: a browser keeps no files and checks no signatures ` +
    "there. Open it by https, or start the browser so that it trusts this address:\n" +
    `--unsafely-treat-insecure-origin-as-secure=${location.origin}`
  );
}

/**
 * One session a browser: done when this page is the only one; the lock is let go of when the page goes.
 * @param {import("./pairing.js").Pairing} pairing says so while another page is the screen
 * @returns {Promise<void>}
 */
export function alone(pairing) {
  return new Promise((granted) => {
    const hold = () => {
      pairing.hide();
      granted();
      return new Promise(() => {});
    };
    navigator.locks.request(LOCK, { ifAvailable: true }, (lock) => {
      if (lock !== null) return hold();
      pairing.say("Open already", OPEN_ALREADY);
      navigator.locks.request(LOCK, hold);
      return undefined;
    });
  });
}
