// The uploads of this browser that are not finished, by fingerprint of their files: what a reload would forget.
const KEY = "clarion-uploads";
const KEPT_MS = 7 * 86_400_000;

const read = () => {
  try {
    return JSON.parse(localStorage.getItem(KEY)) ?? {};
  } catch {
    return {};
  }
};

const write = (kept) => {
  try {
    localStorage.setItem(KEY, JSON.stringify(kept));
  } catch { /* a browser that keeps nothing: then a reload begins anew */ }
};

export const known = (fingerprint) => read()[fingerprint];

export const remember = (fingerprint, upload) => {
  const kept = Object.entries(read()).filter(([, { at }]) => Date.now() - at < KEPT_MS);
  write({ ...Object.fromEntries(kept), [fingerprint]: { ...upload, at: Date.now() } });
};

export const forget = (fingerprint) => {
  const { [fingerprint]: _, ...kept } = read();
  write(kept);
};

// Those of one scope: what was left in the middle, here or in another tab.
export const unfinished = (scope) =>
  Object.entries(read())
    .filter(([fingerprint]) => fingerprint.startsWith(scope + "|"))
    .map(([fingerprint, upload]) => ({ fingerprint, ...upload }));
