// The service worker, and newer players: taken up when nobody needs the glass, never during an alert.

const ASK_EVERY_MS = 15 * 60 * 1000;
const TRY_EVERY_MS = 5000;
const ANSWER_WITHIN_MS = 60_000;

/**
 * Register the worker. Done when files and packages are served by it.
 * @returns {Promise<ServiceWorkerRegistration>}
 */
export async function installed() {
  const options = { scope: "/player/", updateViaCache: "none" };
  const registration = await navigator.serviceWorker.register("/player/sw.js", options);
  await navigator.serviceWorker.ready;
  if (navigator.serviceWorker.controller === null) {
    await new Promise((resolve) => {
      navigator.serviceWorker.addEventListener("controllerchange", resolve, { once: true });
    });
  }
  return registration;
}

export class Updates {
  #registration;
  #mayReload;
  #reload;
  #isWaiting = false;

  /**
   * @param {Object} given
   * @param {ServiceWorkerRegistration} given.registration
   * @param {() => boolean} given.mayReload false while there is an alert
   * @param {(reason: string) => void} given.reload
   */
  constructor({ registration, mayReload, reload }) {
    this.#registration = registration;
    this.#mayReload = mayReload;
    this.#reload = reload;
  }

  /** Ask every quarter of an hour, each screen at its own time. */
  start() {
    setTimeout(() => {
      this.look();
      setInterval(() => this.look(), ASK_EVERY_MS);
    }, Math.random() * ASK_EVERY_MS);
  }

  /** Is there a newer player? Then start it as soon as it may. @returns {Promise<string|null>} its version */
  async look() {
    try {
      await this.#registration.update();
    } catch {
      return null; // The hub is away.
    }
    const version = await newerVersion(this.#registration.active);
    if (version === null) return null;
    if (this.#isWaiting) return version;
    this.#isWaiting = true;
    const timer = setInterval(() => {
      if (!this.#mayReload()) return;
      clearInterval(timer);
      this.#reload("A newer player is here.");
    }, TRY_EVERY_MS);
    return version;
  }
}

function newerVersion(worker) {
  return new Promise((resolve) => {
    const { port1: here, port2: there } = new MessageChannel();
    here.onmessage = ({ data }) => resolve(data.ready ?? null);
    setTimeout(() => resolve(null), ANSWER_WITHIN_MS);
    worker.postMessage({ type: "update" }, [there]);
  });
}
