// A live stream (HLS), where the browser plays it by itself; elsewhere it is skipped, and said so.

import { VideoLayer } from "./video.js";

const READY_WITHIN_MS = 15_000;
const HLS = "application/vnd.apple.mpegurl";

export class StreamLayer extends VideoLayer {
  keeps = true;

  async prepare() {
    if (new URL(this.item.url).pathname.endsWith(".m3u8") && this.content.canPlayType(HLS) === "") {
      throw new Error("This browser does not play HLS streams.");
    }
    await this.load(this.item.url, "canplay", READY_WITHIN_MS);
  }

  /** A stream has no beginning to go back to. */
  begin() {
    this.goOn();
  }
}
