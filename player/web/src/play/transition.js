// How a layer comes onto the glass: cut, fade or slide. The one before is below it until it is there.

const TAKES_MS = 600;

/**
 * @param {import("./layer.js").Layer} layer @param {import("./layer.js").Layer|null} before
 * @returns {Promise<void>} when the one before is not seen any more
 */
export async function appear(layer, before) {
  before?.element.classList.replace("shown", "leaving");
  layer.element.classList.add("shown");
  const moves = movesOf(layer.item.transition);
  if (before === null || moves === null) return;
  // A short item is not in motion for most of its time.
  const duration = Math.min(TAKES_MS, layer.item.duration_s * 300);
  const timing = { duration, easing: "ease-in-out", fill: "both" };
  const moving = [layer.element.animate(moves.comes, timing)];
  if (moves.goes) moving.push(before.element.animate(moves.goes, timing));
  await Promise.allSettled(moving.map((each) => each.finished));
  for (const each of moving) each.cancel(); // As it is by itself: nothing is kept of the motion.
}

function movesOf(transition) {
  if (transition === "fade") return { comes: [{ opacity: 0 }, { opacity: 1 }] };
  if (transition !== "slide") return null;
  return {
    comes: [{ transform: "translateX(100%)" }, { transform: "none" }],
    goes: [{ transform: "none" }, { transform: "translateX(-100%)" }],
  };
}
