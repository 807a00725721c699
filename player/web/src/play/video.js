// A film from the screen's own files: its first frame is painted before anybody sees it.

import { Layer, faultOf, painted, said } from "./layer.js";

const READY_WITHIN_MS = 20_000;
const FIRST_FRAME_WITHIN_MS = 400;

export class VideoLayer extends Layer {
  #address = null;
  keeps = false;

  constructor(item, files) {
    super(item, "video");
    this.files = files;
    this.content.preload = "auto";
    this.content.playsInline = true;
    this.content.disableRemotePlayback = true;
  }

  async prepare() {
    this.#address = URL.createObjectURL(await this.files.open(this.item));
    await this.load(this.#address, "canplaythrough", READY_WITHIN_MS);
    // Longer on the glass than it lasts: it begins anew. A rounded length is no reason to.
    this.content.loop = this.item.duration_s > this.content.duration + 0.25;
  }

  /** Until the film says `ready`, and its first frame is painted. */
  async load(address, ready, withinMs) {
    const film = this.content;
    const first = "requestVideoFrameCallback" in film
      ? new Promise((resolve) => film.requestVideoFrameCallback(resolve))
      : said(film, "loadeddata", withinMs, "The film has no pictures.");
    first.catch?.(() => {});
    const loaded = said(film, ready, withinMs, "The film could not be made ready in time.");
    film.src = address;
    await loaded;
    await Promise.race([first, new Promise((resolve) => setTimeout(resolve, FIRST_FRAME_WITHIN_MS))]);
    await painted();
    film.addEventListener("error", () => this.onBroken(faultOf(film)));
  }

  begin() {
    if (this.content.currentTime > 0) this.content.currentTime = 0;
    this.goOn();
  }

  pause() {
    this.content.pause();
  }

  goOn() {
    const film = this.content;
    film.play().catch((fault) => {
      if (fault.name === "AbortError") return; // Paused or put away meanwhile.
      // A browser that plays sound only after a touch: without sound is better than not at all.
      if (fault.name !== "NotAllowedError" || film.muted) {
        this.onBroken(`The film does not play: ${fault.name}.`);
        return;
      }
      film.muted = true;
      this.goOn();
    });
  }

  setVolume(percent) {
    this.content.volume = percent / 100;
    this.content.muted = percent === 0;
  }

  get picture() {
    return this.content;
  }

  get positionS() {
    return this.content.ended ? null : this.content.currentTime;
  }

  get droppedFrames() {
    return this.content.getVideoPlaybackQuality?.().droppedVideoFrames ?? 0;
  }

  dispose() {
    this.onBroken = () => {};
    super.dispose();
    this.content.pause();
    this.content.removeAttribute("src");
    this.content.load(); // Gives the decoder back at once, not when memory is short.
    if (this.#address !== null) URL.revokeObjectURL(this.#address);
  }
}
