// The name plate: which screen this is, large, for whoever stands in front of a wall of them.

/** Shows the name for a while; above what plays, and below every alert. */
export class NamePlate {
  #root;
  #who;
  #timer = null;

  /**
   * @param {HTMLElement} root
   * @param {() => {name: string, deviceId: string}} who
   */
  constructor(root, who) {
    this.#root = root;
    this.#who = who;
  }

  /**
   * @param {number} forS seconds; asked for again, it begins anew
   * @param {unknown} name what the hub calls it now; without one, what it did when the session began
   */
  show(forS, name) {
    const { name: nameThen, deviceId } = this.#who();
    const title = document.createElement("h1");
    title.textContent = (typeof name === "string" && name) || nameThen || "A screen without a name";
    const id = document.createElement("p");
    id.textContent = deviceId;
    this.#root.replaceChildren(title, id);
    this.#root.hidden = false;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#root.hidden = true;
      this.#root.replaceChildren();
    }, forS * 1000);
  }
}
