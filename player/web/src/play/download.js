// One file from the hub: its bytes as they come, and an end only if they have the hash that they must have.

import { Sha256 } from "./sha256.js";

/** The hub does not give it to this address (any more): the manifest is to be fetched anew. */
export class Refused extends Error {}

/**
 * @param {{url: string, sha256: string, mime_type?: string, size_bytes: number}} item
 * @param {string} hubUrl @param {AbortSignal} signal
 * @returns {Promise<{body: ReadableStream, type: string, bytes: number}>} a stream that fails instead of
 *   ending when the bytes are others. Throws Refused, or an Error when the hub cannot be reached.
 */
export async function fetchFile(item, hubUrl, signal) {
  const answer = await fetched(item.url, hubUrl, signal);
  const type = item.mime_type ?? answer.headers.get("Content-Type") ?? "application/octet-stream";
  return { body: answer.body.pipeThrough(checked(item.sha256)), type, bytes: item.size_bytes };
}

/** @param {string} address a path below the hub @returns {Promise<Response>} */
export async function fetched(address, hubUrl, signal) {
  const asking = { signal, credentials: "omit", referrerPolicy: "no-referrer" };
  const answer = await fetch(new URL(address, hubUrl), asking);
  if (answer.status >= 400 && answer.status < 500) throw new Refused(`The hub answered ${answer.status}.`);
  if (!answer.ok) throw new Error(`The hub answered ${answer.status}.`);
  return answer;
}

/** Lets bytes through, and fails at the end if they are not those of this hash. */
function checked(sha256) {
  const hash = new Sha256();
  return new TransformStream({
    transform(piece, onward) {
      hash.add(piece);
      onward.enqueue(piece);
    },
    flush(onward) {
      if (hash.hex() !== sha256) onward.error(new Error("The file is not what it should be."));
    },
  });
}
