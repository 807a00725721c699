// How large words can be in the space that they have: as large as fits, and whole words if at all possible.

// Parts of the sides of the space: one word does not fill the glass,
const LARGEST_OF_SHORT_SIDE = 0.4;
const LARGEST_OF_LONG_SIDE = 0.18;
// where words are smaller than this, the picture and the title leave them more space,
const CROWDED_SHARE = 0.085;
// and where they are smaller than this, long words are rather broken.
const WHOLE_WORDS_SHARE = 0.05;
// How large the message is beside the title: what to do is said in it.
const SMALLEST_MESSAGE = 0.52;
const CROWDED_MESSAGE = 0.72;
const LARGEST_MESSAGE = 0.8;
const SMALLEST_PX = 6;
const STEPS = 10;

/**
 * The largest size between two that fits, nearly; the smallest when none does. Pure.
 * @param {number} smallest
 * @param {number} largest
 * @param {(size: number) => boolean} fits whatever fits in one size fits in every smaller one
 * @returns {number}
 */
export function largestThatFits(smallest, largest, fits) {
  if (largest <= smallest || fits(largest)) return Math.max(smallest, largest);
  let [low, high] = [smallest, largest];
  for (let step = 0; step < STEPS; step += 1) {
    const middle = (low + high) / 2;
    if (fits(middle)) low = middle;
    else high = middle;
  }
  return low;
}

/**
 * Give the words in `box` the largest size at which they fit: `--size` of the title in px, `--message` of the
 * message in parts of it. Lays the page out some fifty times at most.
 * @param {HTMLElement} box hides what overflows
 * @param {HTMLElement} around has the picture beside it, which is small where it `is-crowded`
 */
export function fitWords(box, around) {
  around.classList.remove("is-crowded");
  box.classList.remove("broken-words");
  const isIn = () => box.scrollHeight <= box.clientHeight && box.scrollWidth <= box.clientWidth;
  const shortSide = Math.min(around.clientWidth, around.clientHeight);
  const fitted = (message) => {
    const longSide = Math.max(box.clientWidth, box.clientHeight);
    const largest = Math.min(shortSide * LARGEST_OF_SHORT_SIDE, longSide * LARGEST_OF_LONG_SIDE);
    set(box, "--message", `${message}em`);
    const size = largestThatFits(SMALLEST_PX, largest, (px) => {
      set(box, "--size", `${px}px`);
      return isIn();
    });
    set(box, "--size", `${size}px`);
    return size;
  };
  let smallest = SMALLEST_MESSAGE;
  let size = fitted(smallest);
  if (size < shortSide * CROWDED_SHARE) {
    around.classList.add("is-crowded");
    smallest = CROWDED_MESSAGE;
    size = fitted(smallest);
  }
  if (size < shortSide * WHOLE_WORDS_SHARE) {
    box.classList.add("broken-words");
    size = fitted(smallest);
  }
  const message = largestThatFits(smallest, LARGEST_MESSAGE, (share) => {
    set(box, "--message", `${share}em`);
    return isIn();
  });
  set(box, "--message", `${message}em`);
}

function set(box, property, value) {
  box.style.setProperty(property, value);
}
