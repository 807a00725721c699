// Which manifest the screen must play, which it has, and which it plays: it follows the hub's word. Pure.
//
// Rule 1: what is reported is what plays: a number is taken up when its manifest is there, not when it is
//         told.
// Rule 2: a manifest is kept by its digest, whichever way it came. Of a number that stands for one that is
//         there already, the screen begins anew: that is what `reload_playlist` means.
// Rule 3: what did not come through the session is fetched: after a random part of the time that the hub
//         names, or when an `ack` speaks of a number that no `playlist` has explained.
// Rule 4: a screen that was never told of a manifest has the hub's number, and an empty glass.

/** Moves the glass to what the manifest of now says. `now` is the screen's clock, in seconds. */
export class Follower {
  /** The number of what plays. */
  version = 0;
  /** The manifest that plays; null while there is none. */
  playing = null;
  /** When to fetch the manifest over HTTP; null while there is nothing to be fetched. */
  fetchAt = null;
  #wanted = null;
  #kept = null;
  #glass;
  #random;

  /**
   * @param {{load: (manifest: object, version: number) => void, renew: (manifest: object) => void,
   *   restart: () => void}} glass
   * @param {() => number} random from 0 to 1
   */
  constructor(glass, random) {
    this.#glass = glass;
    this.#random = random;
  }

  /** What the screen played when it was switched off. */
  restore(manifest, version) {
    this.#wanted = { playlist_version: version, digest: manifest.digest };
    this.#takeUp(manifest, version);
  }

  /** A manifest came. Whether it is this screen's is told next; the one that plays has new addresses now. */
  keep(manifest) {
    this.#kept = manifest;
    if (this.playing?.digest !== manifest.digest) return;
    this.playing = manifest;
    this.#glass.renew(manifest);
  }

  /** What the screen must play from now on: a `playlist` frame. */
  told(frame, now) {
    if (typeof frame.digest !== "string") {
      this.level(frame.playlist_version);
      return;
    }
    this.#wanted = frame;
    this.fetchAt = null;
    if (this.playing?.digest === frame.digest) {
      this.#again(frame.playlist_version);
    } else if (this.#kept?.digest === frame.digest) {
      this.#takeUp(this.#kept, frame.playlist_version);
    } else {
      // It had a number of which it learns only now what it means.
      if (this.playing === null) this.version = 0;
      this.fetchAt = now + this.#random() * (frame.fetch_within_s ?? 0);
    }
  }

  /** `welcome`, `resumed` or an order speaks of this number (Rule 4). */
  level(version) {
    if (this.#wanted === null) this.#again(version);
  }

  /** An `ack` speaks of this number: what it means was said before, or was lost (Rule 3). */
  acknowledged(version, now) {
    if (this.#wanted !== null && version !== this.version && version !== this.#wanted.playlist_version) {
      this.fetchAt ??= now;
    }
    this.level(version);
  }

  /** What the hub answered over HTTP. */
  fetched(version, manifest, now) {
    this.keep(manifest);
    this.told({ playlist_version: version, digest: manifest.digest }, now);
  }

  /** The hub did not answer: try again then. */
  notFetched(againAt) {
    this.fetchAt = againAt;
  }

  /** It is being fetched. */
  fetching() {
    this.fetchAt = null;
  }

  #again(version) {
    if (version === this.version) return;
    this.version = version;
    this.#glass.restart();
  }

  #takeUp(manifest, version) {
    this.playing = manifest;
    this.#kept = null;
    this.version = version;
    this.#glass.load(manifest, version);
  }
}
