// How a screen comes to its token: it registers with the enrolment key, shows its code, and asks until it is
// let in.
//
// Rule 1: the same browser registers as the same device, always: its hardware id is drawn once, or given by
//         the kiosk. It and the enrolment key outlive a revocation.
// Rule 2: a registration outlives a reload: the code on the glass stays the one that somebody may be typing.
// Rule 3: neither key nor token is ever in an address: a key that came in the fragment is taken out of it at
//         once.

import { PLAYER_VERSION, aboutThisBrowser } from "../version.js";

/** A hardware id that was drawn here: nothing that people could call a screen by. */
const OWN_ID = /^browser-(.{4}).*$/;
const AGAIN_AFTER_MS = 3000;
const LONGEST_WAIT_MS = 60000;
const DEADLINE_MS = 10000;
const WHERE = "it is on the page Manage, Enrolment keys.";
const WRONG_KEY = `The hub does not know this enrolment key. Type the right one; ${WHERE}`;
const NO_KEY = `Type the enrolment key of your organisation; ${WHERE}`;
const EXPIRED = "expired";
const REFUSED = "An operator refused this screen. When that is cleared up, load this page again.";

/** Takes the enrolment key out of `#enrol=…`, if there is one. @returns {string|null} */
export function keyOfAddress() {
  const key = new URLSearchParams(location.hash.slice(1)).get("enrol");
  if (key === null) return null;
  history.replaceState(null, "", location.pathname + location.search);
  return key.trim() || null;
}

/**
 * Who this installation is, with or without a token.
 * @param {import("../store.js").Store} store
 * @returns {Promise<{hardwareId: string, enrolmentKey: string|null}>}
 */
export async function installation(store) {
  const kept = (await store.get("installation")) ?? { hardwareId: newHardwareId(), enrolmentKey: null };
  const enrolmentKey = keyOfAddress() ?? kept.enrolmentKey;
  const now = { hardwareId: kept.hardwareId, enrolmentKey };
  await store.set("installation", now);
  return now;
}

/**
 * Registers and waits until an operator let the screen in. It keeps the identity before it returns.
 * @param {import("../store.js").Store} store
 * @param {import("./pairing.js").Pairing} pairing
 * @returns {Promise<object>} the identity (store.js)
 */
export async function enrol(store, pairing) {
  for (;;) {
    const registered = (await waiting(store)) ?? (await register(store, pairing));
    pairing.showCode(registered);
    const claimed = await claim(registered);
    await store.remove("pairing");
    if (claimed === EXPIRED) continue; // Register again.
    if (claimed === REFUSED) {
      pairing.say("Not let in", REFUSED);
      await new Promise(() => {}); // A person must clear that up.
    }
    const identity = {
      deviceId: registered.device_id,
      token: claimed.device_token,
      websocketUrl: claimed.websocket_url,
      name: "",
      tenantId: null,
      signingKeys: [],
    };
    // The token is told once: it is kept before anything else is asked.
    await store.set("identity", identity);
    pairing.hide();
    return identity;
  }
}

/**
 * The hub's public keys, from the connection that the token came by (trust on first use).
 * @returns {Promise<{kid: string, x: string, endorsements: object[]}[]>}
 * @throws {Error} when they did not come
 */
export async function fetchSigningKeys() {
  const response = await fetch("/api/v1/signing-keys", {
    cache: "no-store",
    signal: AbortSignal.timeout(DEADLINE_MS),
  });
  if (!response.ok) throw new Error(`the hub answered ${response.status}`);
  return (await response.json()).keys;
}

async function waiting(store) {
  const registered = await store.get("pairing");
  return registered && Date.parse(registered.expires_at) > Date.now() ? registered : null;
}

async function register(store, pairing) {
  let { hardwareId, enrolmentKey } = await installation(store);
  let why = NO_KEY;
  for (;;) {
    if (enrolmentKey === null) {
      enrolmentKey = await pairing.askKey(why);
    }
    const { model, platform } = aboutThisBrowser();
    const body = {
      enrolment_key: enrolmentKey,
      hardware_id: hardwareId,
      name: hardwareId.replace(OWN_ID, "New screen $1"),
      model,
      platform,
      player_version: PLAYER_VERSION,
    };
    const answer = await post("/api/v1/devices/register", body);
    if (answer?.status === 202) {
      await store.set("installation", { hardwareId, enrolmentKey });
      await store.set("pairing", answer.body);
      return answer.body;
    }
    if (answer?.status === 403) {
      [enrolmentKey, why] = [null, WRONG_KEY];
      continue;
    }
    pairing.say("A new screen", unwell(answer));
    await pause(answer?.retryAfterMs ?? AGAIN_AFTER_MS);
  }
}

/** @returns {Promise<object|string>} what was claimed, or why it never will be */
async function claim({ device_id, claim_token }) {
  for (;;) {
    const answer = await post("/api/v1/devices/claim", { device_id, claim_token });
    if (answer?.status === 200) return answer.body;
    if (answer?.status === 410 || answer?.status === 404) return EXPIRED;
    if (answer?.status === 403) return REFUSED;
    await pause(answer?.retryAfterMs ?? AGAIN_AFTER_MS);
  }
}

async function post(path, body) {
  try {
    const response = await fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(DEADLINE_MS),
    });
    const retryAfterMs = Number(response.headers.get("retry-after")) * 1000 || null;
    return { status: response.status, body: await response.json(), retryAfterMs };
  } catch {
    return null; // Nobody answers: it is asked again.
  }
}

function unwell(answer) {
  if (answer === null) return `Nobody answers at ${location.origin}. The screen asks again by itself.`;
  const detail = answer.body?.detail ?? `It answered ${answer.status}.`;
  return `The hub cannot take this screen now: ${detail} The screen asks again by itself.`;
}

function pause(ms) {
  return new Promise((done) => setTimeout(done, Math.min(LONGEST_WAIT_MS, ms) * (0.5 + Math.random() / 2)));
}

function newHardwareId() {
  const given = window.clarionKiosk?.hardwareId;
  return typeof given === "string" && given !== "" ? given.slice(0, 200) : `browser-${crypto.randomUUID()}`;
}
