// What is on the glass next: the layer of one item, out of sight until it can be seen without a gap.

import { ImageLayer } from "./image.js";
import { PageLayer } from "./page.js";
import { StreamLayer } from "./stream.js";
import { VideoLayer } from "./video.js";

const LAYERS = { image: ImageLayer, video: VideoLayer, html: PageLayer, web: PageLayer, stream: StreamLayer };
const READY_WITHIN_S = 30;

export class Cue {
  /** Whether it can be put on the glass. */
  ready = false;

  /**
   * @param {object} item of the manifest
   * @param {import("./files.js").Files} files @param {HTMLElement} root where it waits
   */
  constructor(item, files, root) {
    this.item = item;
    this.layer = new (LAYERS[item.kind] ?? ImageLayer)(item, files);
    root.append(this.layer.element);
  }

  /** Resolves when it is ready; throws an Error whose message says why it cannot be, or not in time. */
  async prepare() {
    let timer = null;
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error("It was not ready in time.")), READY_WITHIN_S * 1000);
    });
    try {
      await Promise.race([this.layer.prepare(), late]);
      this.ready = true;
    } finally {
      clearTimeout(timer);
    }
  }
}
