// A web page, or an HTML package, in a frame without rights.
//
// Rule 1: what is shown is a stranger: it gets no storage, no parent and no origin of the player's. A
//         package's page is served by the service worker with a policy that takes its origin away; a page of
//         the player's own origin is not given it.
// Rule 2: a frame tells nobody that its page could not be had; so the address is asked first.

import { Layer, painted, said } from "./layer.js";
import { packagePath } from "./paths.js";

const READY_WITHIN_MS = 15_000;
const SETTLED_MS = 300;

export class PageLayer extends Layer {
  constructor(item, _files) {
    super(item, "iframe");
    this.content.referrerPolicy = "no-referrer";
    this.content.allow = "autoplay";
    this.content.tabIndex = -1;
    this.content.title = item.name;
  }

  async prepare() {
    const address = this.item.kind === "html" ? await this.#package() : await this.#page();
    const loaded = said(this.content, "load", READY_WITHIN_MS, "The page did not load in time.");
    this.content.src = address;
    await loaded;
    await new Promise((resolve) => setTimeout(resolve, SETTLED_MS));
    await painted();
  }

  async #package() {
    const { serviceWorker } = navigator;
    if (serviceWorker.controller === null) {
      await said(serviceWorker, "controllerchange", READY_WITHIN_MS, "The player's worker does not run.");
    }
    this.content.setAttribute("sandbox", "allow-scripts allow-same-origin");
    return packagePath(this.item.sha256);
  }

  async #page() {
    const address = new URL(this.item.url, location.href);
    const own = address.origin === location.origin;
    this.content.setAttribute("sandbox", `allow-scripts allow-forms${own ? "" : " allow-same-origin"}`);
    try {
      const asking = { mode: "no-cors", cache: "no-store", credentials: "omit" };
      await fetch(address, { ...asking, signal: AbortSignal.timeout(READY_WITHIN_MS) });
    } catch {
      throw new Error("The page cannot be reached.");
    }
    return address.href;
  }

  dispose() {
    this.content.removeAttribute("src");
    super.dispose();
  }
}
