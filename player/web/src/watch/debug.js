// What engineers want to see in front of a screen: the key D shows it, and hides it again.

const EVERY_MS = 1000;

export class Debug {
  #root;
  #facts;
  #timer = null;

  /**
   * @param {Object} given
   * @param {HTMLElement} given.root #debug
   * @param {() => [string, string|number|null][]} given.facts names and values; never a secret
   */
  constructor({ root, facts }) {
    this.#root = root;
    this.#facts = facts;
    document.addEventListener("keydown", (event) => {
      if (event.key.toLowerCase() !== "d" || event.ctrlKey || event.altKey || event.metaKey) return;
      if (event.target.matches?.("input")) return; // somebody types
      this.toggle();
    });
  }

  toggle() {
    this.#root.hidden = !this.#root.hidden;
    clearInterval(this.#timer);
    if (this.#root.hidden) return;
    this.#write();
    this.#timer = setInterval(() => this.#write(), EVERY_MS);
  }

  #write() {
    const list = document.createElement("dl");
    for (const [name, value] of this.#facts()) {
      const [term, description] = [document.createElement("dt"), document.createElement("dd")];
      term.textContent = name;
      description.textContent = value ?? "–";
      list.append(term, description);
    }
    this.#root.replaceChildren(list);
  }
}
