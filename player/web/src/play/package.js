// An HTML package as one page that needs nothing beside it: what it names becomes a data: address in it.
//
// Rule 1: the page runs without an origin, so that it can reach nothing of the player's; its own requests
//         do not come to the service worker then. Hence everything must be in it.
// Rule 2: what a script asks for later (fetch, XMLHttpRequest, an element's src) is found by package_shim.js.
// Rule 3: modules name each other as `package:<path>`, which an import map knows: a module at a data: address
//         has no neighbours.

import { fetched } from "./download.js";
import { shim } from "./package_shim.js";
import { Sha256 } from "./sha256.js";

const FIRST_PAGE = "index.html";
const AT_MOST_BYTES = 64 * 2 ** 20;
const NAMING = ["src", "poster", "href", "data"];
const OTHER_PAGES = new Set(["A", "AREA", "BASE"]);
/** Of a page that lies elsewhere, among other neighbours. */
const IN_THE_WAY = "base, meta[http-equiv='Content-Security-Policy' i]";
const NOT_A_PATH = /^(?:[a-z][a-z0-9+.-]*:|\/\/|#|$)/i;

/**
 * All files of it, each with the hash that the list says, as one page.
 * @param {{files_url: string}} item @param {string} hubUrl @param {AbortSignal} signal
 * @returns {Promise<{body: Blob, type: string, bytes: number}>} Throws an Error with a sentence.
 */
export async function fetchPackage(item, hubUrl, signal) {
  const list = await (await fetched(item.files_url, hubUrl, signal)).json();
  const total = list.reduce((sum, file) => sum + file.size_bytes, 0);
  if (total > AT_MOST_BYTES) throw new Error("The package is too large to be shown as one page.");
  const folder = item.files_url.slice(0, item.files_url.lastIndexOf("/") + 1);
  const files = new Map();
  for (const { path, sha256, mime_type: type } of list) {
    const address = folder + path.split("/").map(encodeURIComponent).join("/");
    const bytes = new Uint8Array(await (await fetched(address, hubUrl, signal)).arrayBuffer());
    if (new Sha256().add(bytes).hex() !== sha256) throw new Error(`${path} is not what it should be.`);
    files.set(path, { type, bytes });
  }
  const body = new Blob([bundle(files)], { type: "text/html; charset=utf-8" });
  return { body, type: body.type, bytes: body.size };
}

/** @param {Map<string, {type: string, bytes: Uint8Array}>} files by path @returns {string} one page */
export function bundle(files) {
  const first = files.get(FIRST_PAGE);
  if (first === undefined) throw new Error("The package has no index.html.");
  return new Bundle(files).page(textOf(first));
}

class Bundle {
  #made = new Map(); // data: addresses by path, of what is itself rewritten

  constructor(files) {
    this.files = files;
  }

  page(html) {
    const page = new DOMParser().parseFromString(html, "text/html");
    for (const element of page.querySelectorAll(IN_THE_WAY)) element.remove();
    for (const element of page.querySelectorAll("*")) this.#rewrite(element);
    const own = page.querySelector("script[type='importmap']");
    const imports = this.#imports(own === null ? {} : (JSON.parse(own.textContent).imports ?? {}));
    own?.remove();
    const parts = [["", `(${shim})(${asScript(this.#table())})`]];
    if (page.querySelector("script[type='module']")) parts.push(["importmap", asScript({ imports })]);
    const scripts = parts.map(([type, text]) => {
      const script = page.createElement("script");
      if (type !== "") script.type = type;
      script.textContent = text;
      return script;
    });
    const charset = page.createElement("meta");
    charset.setAttribute("charset", "utf-8");
    page.head.prepend(charset, ...scripts);
    return (page.compatMode === "CSS1Compat" ? "<!doctype html>" : "") + page.documentElement.outerHTML;
  }

  #rewrite(element) {
    const isModule = element.tagName === "SCRIPT" && element.type === "module";
    if (element.tagName === "STYLE") element.textContent = this.#style(element.textContent, "");
    if (isModule && !element.src) element.textContent = this.#module(element.textContent, "");
    const style = element.getAttribute("style");
    if (style !== null) element.setAttribute("style", this.#style(style, ""));
    if (OTHER_PAGES.has(element.tagName)) return;
    for (const name of NAMING) {
      const address = element.getAttribute(name);
      const found = address === null ? null : this.#address(address, "", isModule);
      if (found === null) continue;
      element.setAttribute(name, found);
      element.removeAttribute("integrity"); // It was of the file as it was before it was rewritten.
    }
    const srcset = element.getAttribute("srcset");
    if (srcset !== null) element.setAttribute("srcset", this.#srcset(srcset));
  }

  #srcset(srcset) {
    const choices = srcset.split(/,\s+/).map((choice) => choice.trim().split(/\s+/));
    const found = (address) => this.#address(address, "") ?? address;
    const made = choices.map(([address, ...rest]) => [found(address), ...rest].join(" "));
    return made.join(", ");
  }

  /** The data: address of what is named so in the file `from`; null when it is not of the package. */
  #address(address, from, isModule = false) {
    const path = pathOf(address, from);
    const file = path === null ? undefined : this.files.get(path);
    if (file === undefined) return null;
    const isStyle = file.type.startsWith("text/css");
    if (!isStyle && !isModule) return dataAddress(file.type, file.bytes);
    const key = `${isModule ? "module" : "style"} ${path}`;
    if (!this.#made.has(key)) {
      this.#made.set(key, "data:,"); // Of a style sheet that imports itself.
      const text = isModule ? this.#module(textOf(file), path) : this.#style(textOf(file), path);
      this.#made.set(key, dataAddress(file.type, new TextEncoder().encode(text)));
    }
    return this.#made.get(key);
  }

  #style(css, from) {
    const found = (address) => this.#address(address, from);
    return css
      .replace(/@import\s+(["'])([^"']+)\1/g, (whole, _quote, address) => {
        const made = found(address);
        return made === null ? whole : `@import url("${made}")`;
      })
      .replace(/url\(\s*(["']?)([^"')]+)\1\s*\)/g, (whole, _quote, address) => {
        const made = found(address.trim());
        return made === null ? whole : `url("${made}")`;
      });
  }

  /** Modules call their neighbours by names that the import map knows (Rule 3). */
  #module(source, from) {
    const renamed = (whole, before, quote, address) => {
      const path = /^[./]/.test(address) ? pathOf(address, from) : null;
      return path !== null && this.files.has(path) ? `${before}${quote}package:${path}${quote}` : whole;
    };
    return source
      .replace(/(\bfrom\s*|\bimport\s*)(["'])([^"'\n]+)\2/g, renamed)
      .replace(/(\bimport\s*\(\s*)(["'`])([^"'`\n]+)\2/g, renamed)
      .replace(/\bimport\.meta\.url\b/g, `new URL(${JSON.stringify(from)}, document.baseURI).href`);
  }

  /** Every script of the package by its name, and what the page's own import map calls them. */
  #imports(own) {
    const imports = {};
    for (const [path, { type }] of this.files) {
      if (!type.startsWith("text/javascript")) continue;
      const address = this.#address(path, "", true);
      imports[`package:${path}`] = address;
      for (const [name, target] of Object.entries(own)) {
        const at = pathOf(target, "");
        if (at === path) imports[name] = address;
        else if (name.endsWith("/") && path.startsWith(at)) imports[name + path.slice(at.length)] = address;
      }
    }
    return imports;
  }

  #table() {
    const table = {};
    for (const [path, { type, bytes }] of this.files) {
      if (path !== FIRST_PAGE) table[path] = dataAddress(type, bytes);
    }
    return table;
  }
}

/** Which path of the package an address in the file `from` names; null: none. */
function pathOf(address, from) {
  if (NOT_A_PATH.test(address.trim())) return null;
  const root = "https://package.invalid/";
  return decodeURIComponent(new URL(address.trim(), root + from).pathname.slice(1));
}

const textOf = ({ bytes }) => new TextDecoder().decode(bytes);

/** JSON that stays inside of its script element. */
const asScript = (value) => JSON.stringify(value).replaceAll("<", "\\u003c");

function dataAddress(type, bytes) {
  const pieces = [];
  for (let at = 0; at < bytes.length; at += 0x8000) {
    pieces.push(String.fromCharCode(...bytes.subarray(at, at + 0x8000)));
  }
  return `data:${type.replaceAll(" ", "")};base64,${btoa(pieces.join(""))}`;
}
