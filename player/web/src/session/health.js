// How the screen is: what the browser tells of memory and storage, and what the rooms tell of themselves.

export const EVERY_MS = 60000;

/**
 * @param {object} rooms
 * @param {{droppedFrames: number}} rooms.stage
 * @param {{missing: number}} rooms.files
 * @returns {Promise<object>} `health` of a heartbeat (protocol/frames.py); what is not known is left out
 */
export async function health({ stage, files }) {
  const memory = performance.memory;
  const storage = await navigator.storage.estimate().catch(() => ({}));
  const said = {
    uptime_s: performance.now() / 1000,
    memory_bytes: memory?.usedJSHeapSize,
    memory_limit_bytes: memory?.jsHeapSizeLimit,
    storage_bytes: storage.usage,
    storage_limit_bytes: storage.quota,
    dropped_frames: stage.droppedFrames,
    files_missing: files.missing,
  };
  const known = Object.entries(said).filter(([, value]) => Number.isFinite(value) && value >= 0);
  return Object.fromEntries(known.map(([name, value]) => [name, Math.floor(value)]));
}
