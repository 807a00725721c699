// The screen on the device socket `clarion.v1`, as player/reference.py: frames in, frames out.
//
// Rule 1: no socket, no clock, no page: `now` is seconds of a clock that never goes back, and chance is
//         handed in.
// Rule 2: after `hello`, nothing is said before `welcome` or `resumed`. What happens without a session is not
//         reported live; what must not be lost is in the log (records/).
// Rule 3: after `welcome` and `resumed` every alert on the glass is proved again, and every final answer that
//         the hub may not have heard is said again: it may have died with its link (see session.js).
// Rule 4: what takes time (painting an alert, carrying out a command, trusting a frame) is done around this
//         machine. A `rendered` with `proof_of` is a promise (alert/proof.js); what comes of it is
//         `answered`.

import { bounded, cut } from "./bounds.js";
import { Follower } from "./following.js";
import { Session } from "./session.js";

const FINAL = new Set(["succeeded", "failed", "rejected"]);

/** One screen, from being switched on to the end. */
export class Screen {
  /** The hub's farewell on this connection, if it said one: how long to stay away. */
  goodbye = null;
  /** The version of the settings in force; "" asks for them. */
  settingsVersion = "";
  /** Said with the next heartbeat, once. @type {object|null} */
  health = null;
  #about;
  #clock;
  #session;
  #emergencies;
  #glass;
  #follower;
  #room;
  #reported = null;
  #sentAt = new Map();

  /**
   * @param {object} parts
   * @param {object} parts.about what `hello` says of the player: player_version, model, platform
   * @param {import("./hub_clock.js").HubClock} parts.clock
   * @param {object} parts.emergencies the alerts (alert/emergencies.js)
   * @param {object} parts.glass what plays (play/stage.js): playback, load(manifest, version),
   *   renew(manifest), restart()
   * @param {object} parts.room what is done around the machine: order(command), settings(frame), kept(frame),
   *   begun({firstInS, waitS})
   * @param {() => number} parts.random from 0 to 1
   */
  constructor({ about, clock, emergencies, glass, room, random }) {
    this.#about = about;
    this.#clock = clock;
    this.#emergencies = emergencies;
    this.#glass = glass;
    this.#room = room;
    this.#session = new Session(random);
    this.#follower = new Follower(glass, random);
  }

  get follower() {
    return this.#follower;
  }

  /** What the hub said when the session began; null while there is no session on a link. */
  get session() {
    return this.#session.welcome;
  }

  get linkIsDead() {
    return this.#session.linkIsDead;
  }

  get commandSeq() {
    return this.#session.commandSeq;
  }

  /** When `tick` has something to do next; null when nothing moves by itself. */
  get nextDue() {
    const expiry = this.#clock.when(this.#emergencies.expiresMs);
    const dues = [this.#session.heartbeatDue, this.#follower.fetchAt, expiry].filter((due) => due !== null);
    return dues.length === 0 ? null : Math.min(...dues);
  }

  // ---- the connection ----

  /** The socket is open: the screen speaks first, and names the session that it wants to go on with. */
  connected(now) {
    this.disconnected();
    this.goodbye = null;
    this.#reported = this.#playback();
    this.#sentAt.clear();
    this.#sentAt.set("hello", now);
    const sessionId = this.#session.toResume;
    const hello = {
      type: "hello",
      ...this.#about,
      emergency_version: this.#emergencies.version,
      playback: this.#reported,
      playlist_version: this.#follower.version,
      settings_version: this.settingsVersion,
    };
    return [sessionId === null ? hello : { ...hello, session_id: sessionId, command_seq: this.commandSeq }];
  }

  /** The socket is gone, with `closeCode` if the hub sent one. What is shown and plays goes on. */
  disconnected(closeCode = null) {
    this.#session.linkLost(closeCode);
  }

  /** The last words before the screen closes the socket on purpose; then call `disconnected`. */
  leave(reason) {
    if (this.session === null) return [];
    this.#session.leave();
    return [{ type: "goodbye", reason }];
  }

  /** What the hub said; returns what to answer, in order. */
  receive(frame, now) {
    if (frame.type === "goodbye") {
      this.goodbye = frame;
    } else if (frame.type === "welcome") {
      return this.#begin(this.#session.begin(frame, now), frame, frame.emergencies ?? [], now);
    } else if (frame.type === "resumed") {
      const unheard = this.session === null ? this.#session.resume(frame, now) : null;
      if (unheard !== null) return this.#begin(unheard, frame, frame.emergencies ?? null, now);
    } else if (this.session !== null) {
      return this.#inSession(frame, now);
    }
    return []; // Not understood, not asked for, or not legal before `welcome`.
  }

  /** Do whatever is due by `now`: an alert that is over, a heartbeat. */
  tick(now) {
    const said = [];
    if (this.#clock.hasPassed(this.#emergencies.expiresMs, now)) {
      said.push(...this.#kept(this.#emergencies.expire(now)));
    }
    if (this.session === null) return [];
    const due = this.#session.heartbeatDue;
    if (due !== null && now >= due) said.push(this.#heartbeat(now));
    return said;
  }

  // ---- what is done around it ----

  /** Answers that took their time. They are kept until heard; @returns {object[]} what can be said now */
  answered(receipts) {
    const said = this.#kept(receipts);
    return this.session === null ? [] : said;
  }

  /** Something happened that is only shown live. */
  happened(event) {
    return this.session === null ? [] : [bounded(event)];
  }

  // ---- what the frames do ----

  #begin(unheard, frame, truth, now) {
    this.#clock.hear(frame.server_time_ms, this.#sentAt.get("hello") ?? now, now);
    let gone = [];
    if (truth !== null) gone = this.#emergencies.believe(frame, truth).gone;
    const shown = new Set(this.#emergencies.alerts.map((alert) => alert.emergency_id));
    const said = unheard.filter((receipt) => !shown.has(receipt.command_id));
    said.push(...this.#emergencies.alerts.map((alert) => this.#emergencies.rendered(alert, now)));
    said.push(...this.#kept(gone.map((emergencyId) => this.#emergencies.gone(emergencyId, now))));
    this.#follower.level(frame.playlist_version ?? 0);
    this.#room.begun({ firstInS: this.#session.heartbeatDue - now, waitS: this.#session.intervalS });
    return said;
  }

  #inSession(frame, now) {
    switch (frame.type) {
      case "ack":
        return this.#kept(this.#acknowledged(frame, now));
      case "command":
        return this.#kept(this.#ordered(frame, now));
      case "manifest":
        this.#follower.keep(frame.manifest);
        break;
      case "playlist":
        this.#follower.told(frame, now);
        break;
      case "settings":
        this.settingsVersion = frame.version;
        this.#room.settings(frame);
        break;
      case "records_kept":
        this.#room.kept(frame);
        break;
    }
    return [];
  }

  #acknowledged(ack, now) {
    this.#clock.hear(ack.server_time_ms, this.#sentAt.get(ack.seq) ?? now, now);
    for (const seq of this.#sentAt.keys()) {
      if (typeof seq !== "number" || seq <= ack.seq) this.#sentAt.delete(seq);
    }
    this.#session.acknowledged(ack);
    const said = [];
    if (ack.emergencies) {
      const { painted, gone } = this.#emergencies.believe(ack, ack.emergencies);
      said.push(...painted.map((alert) => this.#emergencies.rendered(alert, now)));
      said.push(...gone.map((emergencyId) => this.#emergencies.gone(emergencyId, now)));
    }
    this.#follower.acknowledged(ack.playlist_version ?? 0, now);
    return said;
  }

  #ordered(command, now) {
    this.#session.ordered(command.seq);
    if (command.command === "emergency_show") return this.#emergencies.show(command, now);
    if (command.command === "emergency_hide") return this.#emergencies.hide(command, now);
    this.#room.order(command);
    return [];
  }

  #heartbeat(now) {
    const playback = this.#playback();
    const before = this.#reported;
    this.#reported = playback;
    const unchanged = before !== null && before.state === playback.state && before.item === playback.item;
    const seq = this.#session.beat(now);
    this.#sentAt.set(seq, now);
    const beat = {
      type: "heartbeat",
      seq,
      emergency_version: this.#emergencies.version,
      playlist_version: this.#follower.version,
      command_seq: this.commandSeq,
      settings_version: this.settingsVersion,
    };
    if (!unchanged) beat.playback = playback;
    if (this.health !== null) beat.health = this.health;
    this.health = null;
    return beat;
  }

  #playback() {
    const playback = this.#glass.playback;
    return playback.item ? { ...playback, item: cut(playback.item) } : playback;
  }

  /** The final answers among them are kept until the hub has heard them. */
  #kept(said) {
    for (const frame of said) {
      if (frame.type === "receipt" && FINAL.has(frame.status)) this.#session.said(frame);
    }
    return said;
  }
}
