// What runs first in a package's page: it finds the package's files for scripts that ask for them by name.

/**
 * Its text becomes part of the page: it uses nothing from outside of itself.
 * @param {Record<string, string>} files data: addresses by path
 */
export function shim(files) {
  const root = new URL(".", document.baseURI).href;
  const found = (address) => {
    try {
      const { href } = new URL(address, document.baseURI);
      const path = href.startsWith(root) ? decodeURIComponent(href.slice(root.length).split(/[?#]/)[0]) : "";
      return Object.hasOwn(files, path) ? files[path] : null;
    } catch {
      return null;
    }
  };
  const ask = window.fetch;
  window.fetch = (what, how) =>
    ask.call(window, found(what instanceof Request ? what.url : what) ?? what, how);
  const open = XMLHttpRequest.prototype.open;
  XMLHttpRequest.prototype.open = function (method, address, ...rest) {
    return open.call(this, method, found(address) ?? address, ...rest);
  };
  const naming = [
    [HTMLImageElement, "src"], [HTMLMediaElement, "src"], [HTMLSourceElement, "src"],
    [HTMLScriptElement, "src"], [HTMLIFrameElement, "src"], [HTMLLinkElement, "href"],
    [HTMLVideoElement, "poster"],
  ];
  for (const [kind, name] of naming) {
    const own = Object.getOwnPropertyDescriptor(kind.prototype, name);
    const set = function (address) {
      own.set.call(this, found(address) ?? address);
    };
    Object.defineProperty(kind.prototype, name, { ...own, set });
  }
  const isNaming = (element, name) => naming.some(([kind, each]) => each === name && element instanceof kind);
  const setAttribute = Element.prototype.setAttribute;
  Element.prototype.setAttribute = function (name, value) {
    setAttribute.call(this, name, isNaming(this, name) ? (found(value) ?? value) : value);
  };
  window.Audio = function (address) {
    const audio = document.createElement("audio");
    if (address !== undefined) audio.src = address;
    return audio;
  };
  // What came as HTML: a page that is made of templates.
  const mend = (element) => {
    for (const name of ["src", "poster"]) {
      const address = element.getAttribute(name);
      if (address !== null && found(address) !== null) element.setAttribute(name, address);
    }
    const style = element.getAttribute("style") ?? "";
    const mended = style.replace(/url\(\s*(["']?)([^"')]+)\1\s*\)/g, (whole, _quote, address) => {
      const made = found(address);
      return made === null ? whole : `url("${made}")`;
    });
    if (mended !== style) element.setAttribute("style", mended);
  };
  new MutationObserver((changes) => {
    for (const { addedNodes, target, type } of changes) {
      if (type === "attributes") mend(target);
      for (const node of addedNodes) {
        if (!(node instanceof Element)) continue;
        for (const each of [node, ...node.querySelectorAll("[src], [poster], [style]")]) mend(each);
      }
    }
  }).observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ["style"] });
  // A page without an origin has no storage, and asking for it would end its script: this one ends with it.
  for (const name of ["localStorage", "sessionStorage"]) {
    const kept = new Map();
    const storage = {
      getItem: (key) => kept.get(String(key)) ?? null,
      setItem: (key, value) => void kept.set(String(key), String(value)),
      removeItem: (key) => void kept.delete(String(key)),
      clear: () => kept.clear(),
      key: (place) => [...kept.keys()][place] ?? null,
      get length() {
        return kept.size;
      },
    };
    Object.defineProperty(window, name, { value: storage });
  }
}
