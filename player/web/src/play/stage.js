// The stage: two layers, one on the glass and one being made ready. Follows a manifest by the hub's clock.
//
// Rule 1: nothing is shown before it is ready (decoded, its first frame painted). What was there stays
//         until then.
// Rule 2: what cannot be shown is said (`onSkipped`), left out, and tried again later: after one minute, then
//         two, then four, up to an hour. Where nothing can be shown there is a quiet mark, never just black.
// Rule 3: the playhead says what should be on the glass; `#settle` makes it so, whatever happened before. It
//         can be called at any time and any number of times.
// Rule 4: the stage looks up every second at least: the hub's clock may have been set meanwhile.
//
//   new Stage({ root, files, clock, … }), and who wants to hear of it:
//     onPlayed(play)             protocol.frames.Play without its tag: something has left the glass
//     onProgramme(playlist|null) of the manifest: another one plays from now on
//     onSkipped({item, reason})  of the manifest, and a sentence
//     onPlayback(playback)       protocol.frames.Playback, whenever it changes
//     onEvent({event, item})     playback_started, playback_ended, idle: DeviceEvent without tag and time

import { ClockJumps } from "./clock_jumps.js";
import { Cue } from "./cue.js";
import { Playhead, isSame } from "./playhead.js";
import { begunPlay, coveredPlay, endedPlay, heldPlay, resumedPlay } from "./plays.js";
import { Programme } from "./programme.js";
import { Refusals } from "./refusals.js";
import { takeSnapshot } from "./snapshot.js";
import { appear } from "./transition.js";

const LOOKS_UP_EVERY_S = 1;
const CUED_AHEAD_S = 15;
/** So much later than it was due, and an item's time begins when it comes. */
const LATE_S = 0.1;
/** So long what is over may stay, while what comes is made ready. */
const STAYS_S = 3;
/** A film that does not move for so long is broken. */
const STALLED_S = 5;
const NOTHING_YET = "Nothing to play yet. Assign a playlist on this screen's page.";

const ignore = () => {};
const UNHEARD = {
  onPlayed: ignore, onProgramme: ignore, onSkipped: ignore, onPlayback: ignore, onEvent: ignore,
};

/** `playback` is what the screen reports. All methods return at once; the glass follows. */
export class Stage {
  #playhead = new Playhead();
  #refusals = new Refusals();
  #programme = null;
  #turnMs = null;
  #clockJumps = new ClockJumps();
  /** @type {import("./layer.js").Layer|null} */
  #shown = null;
  #play = null; // What has begun, for its record (plays.js).
  /** @type {Cue|null} */
  #cue = null;
  #awaitedSinceS = null;
  #stall = { positionS: null, sinceS: 0 };
  #timer = null;
  #volume = 100;
  #dark = false;
  #covered = false;
  #heard = null; // The playlist that was told.
  #droppedBefore = 0;

  constructor({ root, files, clock, ...heard }) {
    Object.assign(this, { root, files, clock, ...UNHEARD, ...heard });
    root.classList.add("stage");
    Object.assign(root.dataset, { scaling: "contain", notice: NOTHING_YET });
    this.#playhead.play(this.#now());
    files.addEventListener("changed", () => this.#follow());
    this.#settle();
  }

  // ---- orders ----

  /** Follow this manifest. What is on the glass stays, if it is still in it. */
  load(manifest) {
    this.#programme = new Programme(manifest);
    this.root.dataset.notice = manifest.playlists.length === 0 ? NOTHING_YET : "";
    this.#refusals = new Refusals();
    this.#follow();
  }

  play() {
    const now = this.#now();
    if (this.#playhead.state === "paused") this.#shown?.goOn();
    if (this.#play !== null && !this.#covered) this.#play = resumedPlay(this.#play, now);
    this.#caused(this.#playhead.play(now));
  }

  pause() {
    const now = this.#now();
    this.#playhead.pause(now);
    if (this.#playhead.state === "paused") this.#shown?.pause();
    if (this.#playhead.state === "paused" && this.#play !== null) this.#play = heldPlay(this.#play, now);
    this.#caused([]);
  }

  stop() {
    this.#caused(this.#playhead.stop());
  }

  /** Play from the first item, whatever it did before. */
  restart() {
    const now = this.#now();
    this.#end(now, false);
    const events = this.#playhead.restart(now);
    if (this.#agrees) this.#begin(now); // The same again: there is nothing to be made ready.
    this.#caused(events);
  }

  /** @param {number} percent 0 to 100 */
  setVolume(percent) {
    this.#volume = percent;
    this.#shown?.setVolume(this.#loudness);
  }

  /** @param {"contain"|"cover"|"stretch"} scaling */
  setScaling(scaling) {
    this.root.dataset.scaling = scaling;
  }

  /** An alert is above it: what plays goes on, is not heard, and does not count as shown. */
  setCovered(isCovered) {
    if (isCovered === this.#covered) return;
    this.#covered = isCovered;
    this.#shown?.setVolume(this.#loudness);
    if (this.#play === null) return;
    const now = this.#now();
    if (isCovered) this.#play = coveredPlay(this.#play, now);
    else if (this.#playhead.state !== "paused") this.#play = resumedPlay(this.#play, now);
  }

  get #loudness() {
    return this.#covered ? 0 : this.#volume;
  }

  /** Outside of the operating hours: nothing plays, and nothing is seen, not even the mark. */
  setDark(isDark) {
    if (isDark === this.#dark) return;
    this.#dark = isDark;
    this.#follow();
  }

  // ---- what is on the glass ----

  /** protocol.frames.Playback */
  get playback() {
    return this.#playhead.snapshot(this.#now());
  }

  /** The manifest's item that is seen; null: none. */
  get item() {
    return this.#shown?.item ?? null;
  }

  /** Since it was made. */
  get droppedFrames() {
    return this.#droppedBefore + (this.#shown?.droppedFrames ?? 0);
  }

  /** How long what should move has not; 0 while it does, or nothing should. For the watchdog. */
  get stalledS() {
    return this.#stall.positionS === null ? 0 : this.#now() - this.#stall.sinceS;
  }

  /** @returns {Promise<{blob: Blob, width: number, height: number, note: string}>} (snapshot.js) */
  snapshot() {
    return takeSnapshot(this.root, this.#shown);
  }

  // ---- time ----

  #now() {
    return performance.now() / 1000;
  }

  #nowMs(now) {
    return this.clock.ms(now) ?? Date.now();
  }

  /** Another manifest, another hour, another file, or an item that cannot be shown: what is played now? */
  #follow() {
    const now = this.#now();
    const programme = this.#programme;
    if (programme === null) return this.#caused([]);
    const nowMs = this.#nowMs(now);
    this.#clockJumps.look(now, nowMs);
    this.#turnMs = programme.nextTurnMs(nowMs);
    this.#tell(programme.playlistAt(nowMs));
    const isFit = (item) => !this.#dark && this.#isFit(item);
    const rounds = (turn) => programme.itemsAt(nowMs, turn).filter(isFit);
    this.#caused(this.#playhead.load(rounds, now));
  }

  #tell(playlist) {
    const name = playlist && `${playlist.playlist_id}/${playlist.number}`;
    if (name !== this.#heard) this.onProgramme(playlist);
    this.#heard = name;
  }

  #isFit(item) {
    return this.files.has(item) && !this.#refusals.has(item, this.#now());
  }

  #caused(events) {
    for (const event of events) this.onEvent(event);
    this.onPlayback(this.playback);
    this.#settle();
  }

  /** Whether the clock has come to a point where something else may be played, or was set. */
  #hasTurned(now) {
    if (this.#programme === null) return false;
    const nowMs = this.#nowMs(now);
    const wasSet = this.#clockJumps.look(now, nowMs);
    return wasSet || (this.#turnMs !== null && nowMs >= this.#turnMs) || this.#refusals.areOver(now);
  }

  // ---- the glass follows the playhead (Rule 3) ----

  get #agrees() {
    const item = this.#playhead.item;
    return item !== null && this.#shown !== null && isSame(this.#shown.item, item);
  }

  #settle() {
    const now = this.#now();
    if (this.#hasTurned(now)) return this.#follow();
    const state = this.#playhead.state;
    this.root.dataset.state = this.#dark ? "dark" : state;
    if (this.#playhead.item === null) this.#clear(now);
    else if (!this.#agrees) this.#bring(this.#playhead.item, now);
    else if (state === "playing" && now >= this.#playhead.dueAt) this.#goOn(now);
    else this.#watch(now);
    this.#prepare(this.#now());
    this.#arm(this.#now());
  }

  /** What should be on the glass is not: as soon as it is ready, it is, and its time begins. */
  #bring(item, now) {
    this.#cueUp(item);
    if (!this.#cue.ready) {
      this.#awaitedSinceS ??= now;
      // What is over leaves (programme.js, Rule 1): it stays for a moment only, so that there is no gap.
      if (now - this.#awaitedSinceS > STAYS_S) this.#retire(now);
      return;
    }
    this.#playhead.begun(now);
    this.#swap(now, false);
  }

  /** The item has had its time. */
  #goOn(now) {
    const following = this.#playhead.following;
    const stays = following !== null && this.#shown.keeps && isSame(following, this.#shown.item);
    if (following !== null && !stays && !(this.#isCued(following) && this.#cue.ready)) return; // Rule 1
    const isLate = now - this.#playhead.dueAt > LATE_S;
    const events = this.#playhead.advance(now);
    if (isLate) this.#playhead.begun(now);
    if (following === null) this.#end(now, true);
    else if (stays) this.#turnOver(now);
    else this.#swap(now, true);
    this.#caused(events);
  }

  #turnOver(now) {
    this.#end(now, true);
    this.#note(now);
  }

  #swap(now, completed) {
    const { item, layer } = this.#cue;
    const before = this.#shown;
    this.#end(now, completed);
    this.#cue = null;
    this.#awaitedSinceS = null;
    this.#shown = layer;
    this.#refusals.forget(item);
    this.#begin(now);
    if (this.#playhead.state === "paused") layer.pause();
    appear(layer, before).then(() => this.#putAway(before));
  }

  #begin(now) {
    this.#shown.setVolume(this.#loudness);
    this.#shown.begin();
    this.#note(now);
  }

  #note(now) {
    const nowMs = this.#nowMs(now);
    const play = begunPlay(this.#shown.item, this.#programme.playlistAt(nowMs), now, nowMs);
    this.#play = this.#covered ? coveredPlay(play, now) : play;
    this.#stall = { positionS: null, sinceS: now };
  }

  #end(now, completed) {
    if (this.#play === null) return;
    const play = endedPlay(this.#play, now, completed);
    this.#play = null;
    if (play.shown_ms > 0) this.onPlayed(play); // Else nobody saw it.
  }

  #clear(now) {
    this.#retire(now);
    this.#putAway(this.#cue?.layer ?? null);
    this.#cue = null;
    this.#awaitedSinceS = null;
  }

  #retire(now) {
    this.#end(now, false);
    this.#putAway(this.#shown);
    this.#shown = null;
    this.#stall = { positionS: null, sinceS: now };
  }

  #putAway(layer) {
    if (layer === null) return;
    this.#droppedBefore += layer.droppedFrames;
    layer.dispose();
  }

  // ---- what is made ready ----

  #isCued(item) {
    return this.#cue !== null && isSame(this.#cue.item, item);
  }

  #prepare(now) {
    if (!this.#agrees || this.#playhead.state !== "playing") return;
    const item = this.#upcoming(now);
    if (item === null || this.#isCued(item)) return;
    if (this.#shown.keeps && isSame(item, this.#shown.item)) return;
    if (this.#playhead.dueAt - now <= CUED_AHEAD_S || this.#turnIsNear(now)) this.#cueUp(item);
  }

  #turnIsNear(now) {
    const turnAt = this.clock.when(this.#turnMs);
    return turnAt !== null && turnAt - now <= CUED_AHEAD_S && turnAt < this.#playhead.dueAt;
  }

  /** What is on the glass next: the following item, or what the clock brings before that. */
  #upcoming(now) {
    if (this.#turnIsNear(now)) {
      const items = this.#programme.itemsAt(this.#turnMs, 0).filter((item) => this.#isFit(item));
      if (!items.some((item) => isSame(item, this.#shown.item))) return items[0] ?? null;
    }
    return this.#playhead.following;
  }

  #cueUp(item) {
    if (this.#isCued(item)) return;
    this.#putAway(this.#cue?.layer ?? null);
    const cue = new Cue(item, this.files, this.root);
    this.#cue = cue;
    cue.layer.onBroken = (reason) => this.#refuse(cue.layer, reason);
    cue.prepare().then(
      () => {
        if (this.#cue === cue) this.#settle();
      },
      (fault) => {
        if (this.#cue === cue) this.#refuse(cue.layer, fault.message);
      },
    );
  }

  /** This layer cannot be shown, or not any more (Rule 2). */
  #refuse(layer, reason) {
    const now = this.#now();
    this.#refusals.add(layer.item, now);
    this.onSkipped({ item: layer.item, reason });
    this.files.doubt(layer.item).catch(ignore); // Without its files a stage goes on.
    const isWanted = this.#playhead.item !== null && isSame(this.#playhead.item, layer.item);
    if (this.#cue?.layer === layer) {
      this.#cue = null;
      layer.dispose();
    } else if (this.#shown === layer) {
      layer.onBroken = ignore;
    }
    const events = isWanted ? this.#playhead.skip(now) : [];
    for (const event of events) this.onEvent(event);
    this.#follow();
  }

  #watch(now) {
    // A page that nobody sees may be held by the browser.
    const moves = this.#playhead.state === "playing" && document.visibilityState === "visible";
    const positionS = moves ? this.#shown.positionS : null;
    if (positionS === null || positionS !== this.#stall.positionS) this.#stall = { positionS, sinceS: now };
    else if (now - this.#stall.sinceS > STALLED_S) this.#refuse(this.#shown, "The film does not move.");
  }

  #arm(now) {
    clearTimeout(this.#timer);
    const dues = [this.clock.when(this.#turnMs), this.#agrees ? this.#playhead.dueAt : null];
    const ahead = dues.filter((due) => due !== null && due > now).map((due) => due - now);
    const pause = Math.min(LOOKS_UP_EVERY_S, ...ahead);
    this.#timer = setTimeout(() => this.#settle(), Math.max(1, Math.ceil(pause * 1000)));
  }
}
