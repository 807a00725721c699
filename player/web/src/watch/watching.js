// Joins this room: what the player does to go on for years by itself.

import { Debug } from "./debug.js";
import { leave, SAFE_FOR_S, settled, SETTLED_AFTER_S } from "./starts.js";
import { installed, Updates } from "./updates.js";
import { Watchdog } from "./watchdog.js";

/**
 * Watch over the player from now on.
 * @param {Object} given
 * @param {object} given.store
 * @param {{safeMode: boolean, reason: string|null}} given.started what `begin` said (starts.js)
 * @param {{stalledS: number}} given.stage
 * @param {() => boolean} given.isAlerting then nothing but a stall starts the page anew
 * @param {(event: {event: string, detail: string}) => void} given.report into the log
 * @param {HTMLElement} given.debugRoot
 * @param {() => [string, string|number|null][]} given.facts for the debug overlay
 */
export function watchOver({ store, started, stage, isAlerting, report, debugRoot, facts }) {
  if (started.reason !== null) {
    report({ event: started.safeMode ? "safe_mode" : "restarted", detail: started.reason });
  }
  const reload = async (reason, isMeant) => {
    await leave(store, reason, isMeant).catch(() => {}); // a full disk keeps nobody from starting anew
    location.reload();
  };
  new Watchdog({ stage, reload: (reason) => reload(reason, false) }).start();
  setTimeout(() => settled(store).catch(() => {}), SETTLED_AFTER_S * 1000);
  if (started.safeMode) endSafeMode(isAlerting, () => reload("It tries again after safe mode.", true));
  installed().then(
    (registration) => new Updates({
      registration,
      mayReload: () => !isAlerting(),
      reload: (reason) => reload(reason, true),
    }).start(),
    (error) => report({ event: "error", detail: `It cannot start without a network: ${error.message}` }),
  );
  new Debug({
    root: debugRoot,
    facts: () => [
      ...facts(),
      ["Started", started.reason ?? "for the first time"],
      ["Safe mode", started.safeMode ? "yes: pictures only" : "no"],
    ],
  });
}

function endSafeMode(isAlerting, reload) {
  setTimeout(() => (isAlerting() ? endSafeMode(isAlerting, reload) : reload()), SAFE_FOR_S * 1000);
}
