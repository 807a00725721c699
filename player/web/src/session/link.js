// The socket of the moment, and the clock: runs the machine (machine.js), and comes back when it is cut off.
//
// Rule 1: frames reach the machine in the order in which they came, each after it was found worthy
//         (`believed`). A fault over one of them is reported to the page, and keeps none of the next from
//         being heard.
// Rule 2: the token goes to the hub as a subprotocol, never into an address; nothing of a frame is logged.
// Rule 3: a handshake's 401 cannot be seen by a page: where a socket never opened, the hub is asked over HTTP
//         whether the token is still good, and only a hub's own answer is believed.

import { Backoff, isSentAway, SUPERSEDED, TOKEN_REVOKED } from "./reconnect.js";

const SUBPROTOCOL = "clarion.v1";
const BEARER_PREFIX = "clarion.bearer.";
const CONNECT_DEADLINE_MS = 15000;
const MANIFEST_DEADLINE_MS = 10000;
const MANIFEST_AGAIN_S = 5;
const LONGEST_TIMER_S = 60;

/** The screen's own clock: seconds that only go forward. */
export const nowS = () => performance.now() / 1000;

/** One screen's way to its hub. */
export class Link {
  #identity;
  #screen;
  #believed;
  #stepped;
  #prove;
  #onSentAway;
  #random;
  #backoff;
  #socket = null;
  #queue = Promise.resolve();
  #timer = null;
  #stopped = false;

  /**
   * @param {object} parts
   * @param {object} parts.identity who the screen is: websocketUrl, token
   * @param {import("./machine.js").Screen} parts.screen
   * @param {(frame: object) => Promise<object|null>} parts.believed the frame less what cannot be trusted
   * @param {() => void} parts.stepped called when the machine has moved, before it says anything
   * @param {(receipt: object) => Promise<object|null>} parts.prove makes of a `rendered` with `proof_of` what
   *   is to be said
   * @param {(reason: "revoked"|"superseded"|"sent_away") => void} parts.onSentAway revoked: it does not come
   *   back; else not for minutes
   * @param {() => number} parts.random from 0 to 1
   */
  constructor({ identity, screen, believed, stepped, prove, onSentAway, random }) {
    this.#identity = identity;
    this.#screen = screen;
    this.#believed = believed;
    this.#stepped = stepped;
    this.#prove = prove;
    this.#onSentAway = onSentAway;
    this.#random = random;
    this.#backoff = new Backoff(random);
  }

  /** Connects, stays, and comes back, until its token is revoked, or `stop`. */
  async run() {
    while (!this.#stopped) {
      const ending = await this.#connectOnce().catch((fault) => {
        reportError(fault); // An address that no socket can be made of is tried again like any other.
        return {};
      });
      if (this.#stopped) return;
      if (isSentAway(ending)) this.#onSentAway(reasonOf(ending));
      const delayS = this.#backoff.delayS(ending);
      if (delayS === null) return;
      await new Promise((done) => setTimeout(done, delayS * 1000));
    }
  }

  /** Leaves on purpose. */
  stop(reason) {
    this.say(this.#screen.leave(reason));
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#socket?.close(1000);
  }

  /** Says frames, if there is a session to say them on. @returns {boolean} whether they went on the wire */
  say(frames) {
    return this.#screen.session !== null && this.#send(frames);
  }

  #send(frames) {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false;
    for (const frame of frames) {
      if (frame.proof_of) this.#proved(frame);
      else this.#socket.send(JSON.stringify(frame));
    }
    return true;
  }

  /** Done when all that was said is out, or a second has passed. */
  async flushed() {
    for (let tries = 0; tries < 50 && (this.#socket?.bufferedAmount ?? 0) > 0; tries += 1) {
      await new Promise((done) => setTimeout(done, 20));
    }
  }

  // ---- one connection ----

  async #connectOnce() {
    const { websocketUrl, token } = this.#identity;
    const socket = new WebSocket(dialled(websocketUrl), [SUBPROTOCOL, BEARER_PREFIX + token]);
    this.#socket = socket;
    let opened = false;
    const deadline = setTimeout(() => this.#giveUp(socket), CONNECT_DEADLINE_MS);
    const closeCode = await new Promise((ended) => {
      socket.onopen = () => {
        opened = true;
        this.#send(this.#screen.connected(nowS()));
        this.#moved();
      };
      socket.onmessage = ({ data }) => {
        this.#queue = this.#queue.then(() => this.#hear(socket, data, deadline)).catch(reportError);
      };
      socket.onclose = ({ code }) => ended(code === 1006 || code === 1005 ? null : code);
      socket.abandon = () => ended(null);
    });
    clearTimeout(deadline);
    socket.onmessage = socket.onclose = socket.onopen = null;
    await this.#queue;
    this.#socket = null;
    const code = !opened && (await this.#tokenIsRefused()) ? TOKEN_REVOKED : closeCode;
    this.#screen.disconnected(code);
    this.#moved();
    return { closeCode: code, goodbye: this.#screen.goodbye };
  }

  async #hear(socket, data, deadline) {
    if (socket !== this.#socket) return;
    const came = parsed(data);
    const frame = came === null ? null : await this.#believed(came);
    if (frame === null || socket !== this.#socket) return;
    const said = this.#screen.receive(frame, nowS());
    this.#stepped();
    this.say(said);
    if (this.#screen.session !== null) clearTimeout(deadline);
    if (frame.type === "ack") this.#backoff.sessionIsSound();
    this.#moved();
  }

  /** The socket carries nothing: it is not waited for. */
  #giveUp(socket) {
    socket.close();
    socket.abandon();
  }

  /** Something that is due has changed. */
  look() {
    this.#moved();
  }

  async #proved(promise) {
    const receipt = await this.#prove(promise);
    if (receipt !== null) this.say(this.#screen.answered([receipt]));
  }

  // ---- what is due ----

  #moved() {
    clearTimeout(this.#timer);
    const due = this.#screen.nextDue;
    if (due === null || this.#stopped) return;
    this.#timer = setTimeout(() => this.#tick(), Math.min(LONGEST_TIMER_S, Math.max(0, due - nowS())) * 1000);
  }

  #tick() {
    const now = nowS();
    const { follower } = this.#screen;
    if (follower.fetchAt !== null && follower.fetchAt <= now) {
      if (this.#screen.session === null) follower.notFetched(this.#again()); // The hub is away.
      else this.#fetchManifest();
    }
    const said = this.#screen.tick(now);
    this.#stepped();
    this.say(said);
    if (this.#screen.linkIsDead && this.#socket !== null) this.#giveUp(this.#socket);
    this.#moved();
  }

  /** Not all at once, when a hub is back that many have waited for. */
  #again() {
    return nowS() + MANIFEST_AGAIN_S * (1 + this.#random());
  }

  async #fetchManifest() {
    const { follower } = this.#screen;
    follower.fetching();
    try {
      const response = await this.#ask();
      if (!response.ok) throw new Error(`the hub answered ${response.status}`);
      const { version, manifest } = await response.json();
      follower.fetched(version, manifest, nowS());
    } catch {
      follower.notFetched(this.#again());
    }
    this.#moved();
  }

  async #tokenIsRefused() {
    try {
      const response = await this.#ask();
      const isAHub = response.headers.get("content-type")?.startsWith("application/problem+json") ?? false;
      return response.status === 401 && isAHub;
    } catch {
      return false; // Nobody answers: nothing is known.
    }
  }

  #ask() {
    return fetch("/api/v1/devices/me/manifest", {
      headers: { Authorization: `Bearer ${this.#identity.token}` },
      cache: "no-store",
      signal: AbortSignal.timeout(MANIFEST_DEADLINE_MS),
    });
  }
}

function reasonOf({ closeCode }) {
  if (closeCode === TOKEN_REVOKED) return "revoked";
  return closeCode === SUPERSEDED ? "superseded" : "sent_away";
}

/** A page that came over TLS may not open a socket without it: the proxy that serves one serves the other. */
function dialled(websocketUrl) {
  const url = new URL(websocketUrl);
  if (location.protocol === "https:" && url.hostname === location.hostname) url.protocol = "wss:";
  return url.href;
}

function parsed(data) {
  try {
    const frame = JSON.parse(data);
    return typeof frame?.type === "string" ? frame : null;
  } catch {
    return null; // A newer hub may say more than this screen understands.
  }
}
