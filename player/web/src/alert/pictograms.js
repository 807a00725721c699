// The pictures that an alert can have beside its words. Every screen has them with it: none is fetched.

const SVG = "http://www.w3.org/2000/svg";

/** Filled paths on a field of 64 by 64; what overlaps is cut out (even-odd). */
const SHAPES = {
  fire: [
    "M34 3c3 10 16 17 16 34a18 18 0 0 1-36 2c0-9 5-13 7-20 3 2 4 5 4 9 6-6 10-15 9-25z"
    + "M33 30c-1 6-8 8-8 15a8 8 0 0 0 16 0c0-6-6-8-8-15z",
  ],
  evacuate: [
    "M4 4h34v8h-4V8H8v48h26v-4h4v8H4z",
    "M33 12a5 5 0 1 1 0 .1z",
    "M20 27l9-7 8 1 6 8h7v5H40l-4-5-4 8 6 6-1 15h-6V46l-8-7-3 8-9 3-2-5 7-2 5-14-4 3-2 6-5-1z",
    "M50 44l10-10-10-10v7h-6v6h6z",
  ],
  shelter: [
    "M32 4L2 30l4 5 4-3v28h44V32l4 3 4-5zM32 11l16 14v29H16V25z",
    "M32 24a4.500 4.500 0 1 0 .1 0zM26 35h12v11h-3v8h-6v-8h-3z",
  ],
  lockdown: [
    "M32 3a14 14 0 0 0-14 14v9h-6v34h40V26h-6v-9A14 14 0 0 0 32 3zm0 6a8 8 0 0 1 8 8v9H24v-9a8 8 0 0 1 8-8z"
    + "M32 36a5 5 0 0 1 2.500 9.300V52h-5v-6.700A5 5 0 0 1 32 36z",
  ],
  weather: [
    "M18 38a12 12 0 0 1-1-24 16 16 0 0 1 30-2 13 13 0 0 1 1 26h-9l3-8H30l-4 8z",
    "M31 33h9l-4 9h8L28 62l4-14h-8z",
  ],
  medical: ["M23 4h18v19h19v18H41v19H23V41H4V23h19z"],
  hazard: ["M32 4L1 60h62zM29 24h6l-1 20h-4zM32 47.500a3.500 3.500 0 1 0 .1 0z"],
  information: [
    "M32 2a30 30 0 1 1 0 60 30 30 0 0 1 0-60zM32 12a4.500 4.500 0 1 0 .1 0zM25 26h11v20h5v5H24v-5h5V31h-4z",
  ],
};

/** The names of those that there are. */
export const PICTOGRAMS = Object.keys(SHAPES);

/**
 * One picture, in the colour of the text around it.
 * @param {string|null} name
 * @returns {SVGSVGElement|null} null: a newer hub knows more pictures than this player
 */
export function pictogram(name) {
  if (name === null || !Object.hasOwn(SHAPES, name)) return null;
  const picture = document.createElementNS(SVG, "svg");
  picture.setAttribute("viewBox", "0 0 64 64");
  picture.setAttribute("aria-hidden", "true");
  picture.classList.add("pictogram");
  for (const shape of SHAPES[name]) {
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", shape);
    path.setAttribute("fill", "currentColor");
    path.setAttribute("fill-rule", "evenodd");
    picture.append(path);
  }
  return picture;
}
