// The service worker: the player starts without a network, and shows files from this machine.
//
// Rule 1: it keeps the shell (what GET /player/shell.json lists, files with their SHA-256) whole or not at
//         all: a version is put beside the one in use, and taken up when the page is opened the next time.
// Rule 2: /player/files/<sha256> and /player/packages/<sha256>/index.html come from Cache Storage, never from
//         the network. The player puts them there, after it has checked their hashes.
// Rule 3: it keeps nothing else, and asks for nothing with a token: what is not below /player/ is not its.

const SHELL = "clarion-shell-";
const FILES = "clarion-files";
const LIST = "/player/shell.json";
const PAGE = "/player/";
const KEPT = /^\/player\/(files\/[0-9a-f]{64}|packages\/[0-9a-f]{64}\/index\.html)$/;
// Nothing of it is ever a page of the player's origin, also when a stranger's page leads its frame here.
const FILE_POLICY = "sandbox; default-src 'none'";
const PACKAGE_POLICY = "sandbox allow-scripts; default-src data: blob: 'unsafe-inline' 'unsafe-eval'";

self.addEventListener("install", (event) => event.waitUntil(begin()));
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("fetch", (event) => {
  const { origin, pathname } = new URL(event.request.url);
  if (origin !== self.location.origin || !pathname.startsWith(PAGE) || event.request.method !== "GET") return;
  if (KEPT.test(pathname)) event.respondWith(kept(event.request, pathname));
  else if (pathname === PAGE) event.respondWith(page(event.request));
  else if (pathname !== LIST) event.respondWith(shellFile(event.request, pathname));
});
// {type: "update"} on a port: is there a newer shell? It answers {ready: version|null}, or {failed: why}.
self.addEventListener("message", (event) => {
  if (event.data?.type !== "update") return;
  const [port] = event.ports;
  event.waitUntil(prepare().then(
    (ready) => port.postMessage({ ready }),
    (error) => port.postMessage({ failed: `${error.message}` }),
  ));
});

async function begin() {
  await prepare();
  await self.skipWaiting();
}

/** Fetch the newest shell, unless it is here. @returns {Promise<string|null>} what the next start takes up */
async function prepare() {
  const answer = await fetch(LIST, { cache: "no-store", credentials: "omit" });
  if (!answer.ok) throw new Error(`the hub answered ${answer.status}`);
  const { version, files } = await answer.clone().json();
  if (!/^[0-9a-f]{16,64}$/.test(version)) throw new Error("the hub's list of files has no version");
  const name = SHELL + version;
  if (!await isWhole(name)) {
    await caches.delete(name);
    const cache = await caches.open(name);
    await Promise.all(Object.entries(files).map(([path, sha256]) => keep(cache, path, sha256)));
    await cache.put(LIST, answer); // the last: without it the shell is not whole
  }
  return name === await inUse() ? null : version;
}

async function keep(cache, path, sha256) {
  const answer = await fetch(PAGE + path, { cache: "no-cache", credentials: "omit" });
  const bytes = await answer.clone().arrayBuffer();
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  const found = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
  if (!answer.ok || found !== sha256) throw new Error(`${path} is not what the list says`);
  await cache.put(PAGE + path, answer);
}

async function isWhole(name) {
  return await caches.has(name) && await (await caches.open(name)).match(LIST) !== undefined;
}

/** The shell that the page was opened with: the oldest that is whole. @returns {Promise<string|null>} */
async function inUse() {
  for (const name of await caches.keys()) if (name.startsWith(SHELL) && await isWhole(name)) return name;
  return null;
}

/** The page is opened: the newest shell that is whole is taken up, older ones go. */
async function page(request) {
  const whole = [];
  for (const name of await caches.keys()) if (name.startsWith(SHELL) && await isWhole(name)) whole.push(name);
  const newest = whole.pop();
  await Promise.all(whole.map((name) => caches.delete(name)));
  return shellFile(request, `${PAGE}index.html`, newest);
}

/** A file of the shell in use; from the hub where there is none yet. */
async function shellFile(request, path, name = undefined) {
  const shell = name ?? await inUse();
  const found = shell === null ? undefined : await (await caches.open(shell)).match(path);
  return found ?? fetch(request);
}

/** A file that the player put here; parts of it for whoever asks for a range (films do). */
async function kept(request, path) {
  const found = await (await caches.open(FILES)).match(path);
  if (found === undefined) return new Response(null, { status: 404 });
  const headers = new Headers({
    "Content-Type": found.headers.get("Content-Type") ?? "application/octet-stream",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store", // it is kept once, here
    "Accept-Ranges": "bytes",
    "Content-Security-Policy": path.startsWith("/player/packages/") ? PACKAGE_POLICY : FILE_POLICY,
  });
  const asked = request.headers.get("Range");
  if (asked === null) return new Response(found.body, { headers });
  const whole = await found.blob();
  const range = rangeOf(asked, whole.size);
  if (range === null) {
    headers.set("Content-Range", `bytes */${whole.size}`);
    return new Response(null, { status: 416, headers });
  }
  headers.set("Content-Range", `bytes ${range.first}-${range.last}/${whole.size}`);
  headers.set("Content-Length", `${range.last - range.first + 1}`);
  return new Response(whole.slice(range.first, range.last + 1), { status: 206, headers });
}

/** One range (RFC 9110, 14.1.2) of so many bytes: the first and the last; null: there is no such part. */
function rangeOf(asked, size) {
  const [, from, to] = /^bytes=(\d*)-(\d*)$/.exec(asked.trim()) ?? [];
  if (from === undefined || (from === "" && to === "")) return null;
  const first = from === "" ? Math.max(0, size - Number(to)) : Number(from);
  const last = from === "" || to === "" ? size - 1 : Math.min(Number(to), size - 1);
  return first <= last ? { first, last } : null;
}
