// Whether the screen is lit, by the clock on the wall where it hangs. Pure.

const DAYS = { Mon: "mon", Tue: "tue", Wed: "wed", Thu: "thu", Fri: "fri", Sat: "sat", Sun: "sun" };

/**
 * @param {Object<string, [string, string][]>|null|undefined} hours by day, pairs of "HH:MM"; none at all:
 *   always
 * @param {string} timeZone IANA; in one that this browser does not know it is lit
 * @param {number|null} nowMs of the hub's clock; null: not known, and then it is lit
 * @returns {boolean}
 */
export function isLit(hours, timeZone, nowMs) {
  if (hours === null || hours === undefined || nowMs === null) return true;
  const wall = wallClock(timeZone, nowMs);
  if (wall === null) return true;
  const { day, time } = wall;
  // Two digits each: as texts they are in the order of the clock.
  return (hours[day] ?? []).some(([from, until]) => from <= time && time < until);
}

/** When to look again: hours begin and end with a minute. @param {number} nowMs @returns {number} */
export function nextLookMs(nowMs) {
  return (Math.floor(nowMs / 60000) + 1) * 60000;
}

function wallClock(timeZone, nowMs) {
  const shape = { weekday: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone };
  try {
    const parts = {};
    const shown = new Intl.DateTimeFormat("en-GB", shape).formatToParts(nowMs);
    for (const { type, value } of shown) parts[type] = value;
    return { day: DAYS[parts.weekday], time: `${parts.hour}:${parts.minute}` };
  } catch {
    return null; // A time zone that it does not know is no reason to be dark.
  }
}
