// A picture: decoded before anybody sees it.

import { Layer, painted } from "./layer.js";

export class ImageLayer extends Layer {
  constructor(item, files) {
    super(item, "img");
    this.files = files;
    this.content.alt = "";
  }

  async prepare() {
    this.content.src = await this.files.address(this.item);
    try {
      await this.content.decode();
    } catch {
      throw new Error("The picture cannot be decoded.");
    }
    await painted();
  }

  get picture() {
    return this.content;
  }

  // When it is put away its src stays: without one Chromium makes a substitute for it, which is not given back.
}
