// How large words can be in the space that they have: as large as fits, and whole words if at all possible.

const LARGEST_SHARE = 0.26; // of the shorter side: one word does not fill the glass
const WHOLE_WORDS_SHARE = 0.05; // smaller than this, long words are rather broken
const SMALLEST_PX = 6;
const NEAR_ENOUGH_PX = 0.5;

/**
 * The largest size between two that fits; the smallest when none does. Pure.
 * @param {number} smallest px
 * @param {number} largest px
 * @param {(size: number) => boolean} fits whatever fits in one size fits in every smaller one
 * @returns {number}
 */
export function largestThatFits(smallest, largest, fits) {
  if (largest <= smallest || fits(largest)) return largest;
  let [low, high] = [smallest, largest];
  while (high - low > NEAR_ENOUGH_PX) {
    const middle = (low + high) / 2;
    if (fits(middle)) low = middle;
    else high = middle;
  }
  return low;
}

/**
 * Give the words in `box` the largest size at which they fit into it. Lays the page out some twenty times.
 * @param {HTMLElement} box of a size of its own, hiding what overflows; its words are sized by `--size`
 * @returns {number} px
 */
export function fitWords(box) {
  const shorterSide = Math.min(box.clientWidth, box.clientHeight);
  const largest = Math.max(SMALLEST_PX, shorterSide * LARGEST_SHARE);
  const fits = (size) => {
    box.style.setProperty("--size", `${size}px`);
    return box.scrollHeight <= box.clientHeight && box.scrollWidth <= box.clientWidth;
  };
  box.classList.remove("broken-words");
  let size = largestThatFits(SMALLEST_PX, largest, fits);
  if (size < shorterSide * WHOLE_WORDS_SHARE) {
    box.classList.add("broken-words");
    size = largestThatFits(SMALLEST_PX, largest, fits);
  }
  box.style.setProperty("--size", `${size}px`);
  return size;
}
