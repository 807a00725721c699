// A picture: decoded before anybody sees it.

import { Layer, painted } from "./layer.js";

export class ImageLayer extends Layer {
  #address = null;

  constructor(item, files) {
    super(item, "img");
    this.files = files;
    this.content.alt = "";
  }

  async prepare() {
    this.#address = URL.createObjectURL(await this.files.open(this.item));
    this.content.src = this.#address;
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

  dispose() {
    super.dispose();
    // Its src stays: without one Chromium makes a substitute for it, which is not given back.
    if (this.#address !== null) URL.revokeObjectURL(this.#address);
  }
}
