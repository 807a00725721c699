// A picture of what the stage shows, as far as a page can have one: films and pictures, not strangers' pages.

const WIDEST = 1280;
const QUALITY = 0.8;
const NOT_TO_BE_HAD = "What another page or a stream shows cannot be captured: this is its name.";

/**
 * @param {Element} root @param {import("./layer.js").Layer|null} layer
 * @returns {Promise<{blob: Blob, width: number, height: number, note: string}>} a JPEG
 */
export async function takeSnapshot(root, layer) {
  // As it is laid out, however the glass is turned.
  const { clientWidth: width, clientHeight: height } = root;
  const scale = Math.min(1, WIDEST / Math.max(width, height, 1));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = Math.max(1, Math.round(height * scale));
  if (layer === null) return named(canvas, "", "Nothing is on the stage.");
  if (layer.picture === null) return named(canvas, layer.item.name, NOT_TO_BE_HAD);
  try {
    fill(canvas).drawImage(layer.picture, ...placed(layer.picture, canvas, root.dataset.scaling));
    return await encoded(canvas, "");
  } catch {
    // A stream of another origin: the canvas is not the page's any more.
    return named(canvas, layer.item.name, NOT_TO_BE_HAD);
  }
}

/** Where a picture lies on the canvas, as the style sheet lays it: [x, y, width, height]. */
function placed(picture, canvas, scaling) {
  const ownWidth = picture.videoWidth ?? picture.naturalWidth;
  const ownHeight = picture.videoHeight ?? picture.naturalHeight;
  if (scaling === "stretch") return [0, 0, canvas.width, canvas.height];
  const ratios = [canvas.width / ownWidth, canvas.height / ownHeight];
  const ratio = scaling === "cover" ? Math.max(...ratios) : Math.min(...ratios);
  const [wide, high] = [ownWidth * ratio, ownHeight * ratio];
  return [(canvas.width - wide) / 2, (canvas.height - high) / 2, wide, high];
}

function fill(canvas) {
  const brush = canvas.getContext("2d");
  brush.fillStyle = "#000";
  brush.fillRect(0, 0, canvas.width, canvas.height);
  return brush;
}

function named(before, name, note) {
  const canvas = document.createElement("canvas");
  canvas.width = before.width;
  canvas.height = before.height;
  const brush = fill(canvas);
  brush.fillStyle = "#fff";
  brush.textAlign = "center";
  brush.font = `${Math.round(canvas.width / 24)}px system-ui, sans-serif`;
  brush.fillText(name, canvas.width / 2, canvas.height / 2, canvas.width * 0.9);
  return encoded(canvas, note);
}

async function encoded(canvas, note) {
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", QUALITY));
  return { blob, width: canvas.width, height: canvas.height, note };
}
