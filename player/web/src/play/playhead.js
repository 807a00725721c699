// Where a screen is in its playlist: a playhead that moves with the time it is given. Pure.
//
// Rule 1: time is an argument, in seconds of a clock that never goes back; the playhead reads none.
// Rule 2: every item that starts is said to end before another starts.
// Rule 3: what would have played while nobody moved the playhead (the machine slept) did not play, and no
//         event says that it did.
// Rule 4: an item begins when the one before was due to end, not when somebody noticed: a loop does not
//         drift.
//
// The same as player/playback.py, and three things more that a screen with a real glass needs: `following`
// (what to make ready), `begun` (it is on the glass only now) and `skip` (it cannot be shown).

/** @typedef {{event: "playback_started"|"playback_ended"|"idle", item?: string}} PlaybackEvent */

/** Whether the two are the same thing on the glass. */
export const isSame = (one, other) =>
  one.id === other.id && one.name === other.name && one.duration_s === other.duration_s &&
  one.media_id === other.media_id;

/** Plays rounds of items; made stopped. Each method returns the events that it caused, in order. */
export class Playhead {
  #rounds = () => [];
  #playlist = [];
  #round = 0;
  #index = 0;
  #endsAt = 0; // While playing: when the item ends.
  #leftS = 0; // While paused: how much of the item is left.
  /** @type {"stopped"|"playing"|"paused"|"idle"} */
  state = "stopped";

  /** What is on the glass; null when stopped, or idle. */
  get item() {
    return this.state === "stopped" || this.state === "idle" ? null : this.#playlist[this.#index];
  }

  /** When the item ends; null when nothing moves. */
  get dueAt() {
    return this.state === "playing" ? this.#endsAt : null;
  }

  /** What comes behind the item that is on the glass, be it the same again; null when nothing does. */
  get following() {
    if (this.item === null) return null;
    return this.#playlist[this.#index + 1] ?? this.#rounds(this.#round + 1)[0] ?? null;
  }

  /** What the screen reports about itself: protocol.frames.Playback. @param {number} now */
  snapshot(now) {
    const item = this.item;
    if (item === null) return { state: this.state };
    const leftS = this.state === "paused" ? this.#leftS : this.#endsAt - now;
    const positionS = Math.min(item.duration_s, Math.max(0, item.duration_s - leftS));
    const playback = { state: this.state, item: item.name, position_s: Math.round(positionS * 10) / 10 };
    return item.media_id === undefined ? playback : { ...playback, media_id: item.media_id };
  }

  /** Go on where it was paused, or start from the first item. @param {number} now */
  play(now) {
    if (this.state === "paused") {
      this.state = "playing";
      this.#endsAt = now + this.#leftS;
      return [];
    }
    return this.state === "stopped" ? this.#beginRound(0, now) : [];
  }

  /** Hold the item that is playing; nothing to do otherwise. @param {number} now */
  pause(now) {
    if (this.state === "playing") {
      this.state = "paused";
      this.#leftS = Math.max(0, this.#endsAt - now);
    }
    return [];
  }

  /** Clear the glass. */
  stop() {
    const ended = this.#ended();
    this.state = "stopped";
    return ended;
  }

  /** Play from the first item, whatever it did before. @param {number} now */
  restart(now) {
    return [...this.stop(), ...this.play(now)];
  }

  /**
   * Something else is to be shown: `rounds(n)` gives the items of round n, from 0. What is on the glass stays
   * there if it is still among them; a playhead that was stopped stays so.
   * @param {(turn: number) => object[]} rounds @param {number} now
   */
  load(rounds, now) {
    const showing = this.item;
    this.#rounds = rounds;
    if (this.state === "stopped") return [];
    if (showing !== null) {
      const items = rounds(this.#round);
      const place = items.findIndex((item) => isSame(item, showing));
      if (place >= 0) {
        this.#playlist = items;
        this.#index = place;
        return [];
      }
    } else if (this.state === "idle" && rounds(0).length === 0) {
      return []; // It is idle already, and has said so.
    }
    // What was paused is not there any more, and what comes instead was not.
    return [...this.#ended(), ...this.#beginRound(0, now)];
  }

  /** Move on to the next item if this one has ended. @param {number} now */
  advance(now) {
    return this.state === "playing" && now >= this.#endsAt ? this.#goOn(this.#endsAt, now) : [];
  }

  /** What is on the glass cannot be shown: move on, paused or not. @param {number} now */
  skip(now) {
    return this.item === null ? [] : this.#goOn(now, now);
  }

  /** The item is on the glass only since now: its time begins anew. @param {number} now */
  begun(now) {
    if (this.item === null) return;
    this.#endsAt = now + this.item.duration_s;
    this.#leftS = this.item.duration_s;
  }

  #goOn(wasDueAt, now) {
    const ended = this.#ended();
    let following = this.#index + 1;
    if (following >= this.#playlist.length) {
      following = 0;
      this.#round += 1;
      this.#playlist = this.#rounds(this.#round);
    }
    if (this.#playlist.length === 0) return [...ended, ...this.#idle()];
    // The next item began when this one was due to end, unless it would be over as well by now (Rule 3).
    const overslept = now >= wasDueAt + this.#playlist[following].duration_s;
    return [...ended, this.#start(following, overslept ? now : wasDueAt)];
  }

  #beginRound(number, at) {
    this.#round = number;
    this.#playlist = this.#rounds(number);
    return this.#playlist.length === 0 ? this.#idle() : [this.#start(0, at)];
  }

  #start(index, at) {
    const item = this.#playlist[index];
    this.state = "playing";
    this.#index = index;
    this.#endsAt = at + item.duration_s;
    return { event: "playback_started", item: item.name };
  }

  #idle() {
    this.state = "idle";
    return [{ event: "idle" }];
  }

  #ended() {
    return this.item === null ? [] : [{ event: "playback_ended", item: this.item.name }];
  }
}
