// Under which path of the player a file is kept, and served by the service worker. Pure.

/** The Cache Storage of all files. */
export const CACHE = "clarion-files";

/** @param {string} sha256 */
export const filePath = (sha256) => `/player/files/${sha256}`;
/** @param {string} sha256 of the package as it was uploaded */
export const packagePath = (sha256) => `/player/packages/${sha256}/index.html`;
/** @param {object} item of the manifest */
export const pathOf = (item) => (item.kind === "html" ? packagePath(item.sha256) : filePath(item.sha256));
