// Whether the screen is lit, by the clock on the wall where it hangs. Pure.

const DAYS = { Mon: "mon", Tue: "tue", Wed: "wed", Thu: "thu", Fri: "fri", Sat: "sat", Sun: "sun" };

/**
 * @param {Object<string, [string, string][]>|null|undefined} hours by day, pairs of "HH:MM"; none at all: always
 * @param {string} timeZone IANA; one that this browser does not know counts as UTC
 * @param {number|null} nowMs of the hub's clock; null: not known, and then it is lit
 * @returns {boolean}
 */
export function isLit(hours, timeZone, nowMs) {
  if (hours === null || hours === undefined || nowMs === null) return true;
  const { day, time } = wallClock(timeZone, nowMs);
  // Two digits each: as texts they are in the order of the clock.
  return (hours[day] ?? []).some(([from, until]) => from <= time && time < until);
}

/** When to look again: hours begin and end with a minute. @param {number} nowMs @returns {number} */
export function nextLookMs(nowMs) {
  return (Math.floor(nowMs / 60000) + 1) * 60000;
}

function wallClock(timeZone, nowMs) {
  const parts = {};
  for (const { type, value } of format(timeZone).formatToParts(nowMs)) parts[type] = value;
  return { day: DAYS[parts.weekday], time: `${parts.hour}:${parts.minute}` };
}

function format(timeZone) {
  const shape = { weekday: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
  try {
    return new Intl.DateTimeFormat("en-GB", { ...shape, timeZone });
  } catch {
    return new Intl.DateTimeFormat("en-GB", { ...shape, timeZone: "UTC" });
  }
}
