// The page of the pairing: the code, large; a picture that leads to the approvals; or a field for the key.

/** What is on the glass while the screen has no token. */
export class Pairing {
  #root;

  /** @param {HTMLElement} root it is cleared and filled, and shown while there is something to say */
  constructor(root) {
    this.#root = root;
  }

  /**
   * @param {{pairing_code: string, approval_url: string|null, approval_qr: string|null}} registered
   */
  showCode({ pairing_code: code, approval_url: url, approval_qr: picture }) {
    const shown = [
      text("h1", "Let this screen in"),
      text("p", "Type this code on the page Approvals:"),
      text("p", spaced(code), "pairing-code"),
    ];
    if (typeof picture === "string" && picture.startsWith("data:image/svg+xml")) {
      const image = document.createElement("img");
      image.src = picture;
      image.alt = "Leads to the page Approvals";
      image.className = "pairing-qr";
      shown.push(image);
    }
    if (typeof url === "string") shown.push(text("p", url, "pairing-url"));
    this.#fill(shown);
  }

  /** Asks for the enrolment key. @param {string} why @returns {Promise<string>} what was typed */
  askKey(why) {
    const form = document.createElement("form");
    const field = document.createElement("input");
    field.type = "password";
    field.required = true;
    field.maxLength = 200;
    field.autocomplete = "off";
    field.setAttribute("aria-label", "Enrolment key");
    form.append(field, text("button", "Enrol this screen"));
    this.#fill([text("h1", "A new screen"), text("p", why), form]);
    field.focus();
    return new Promise((typed) => {
      form.addEventListener("submit", (event) => {
        event.preventDefault();
        if (field.value.trim() !== "") typed(field.value.trim());
      });
    });
  }

  /** One sentence, and what it is about; a new line in it stays one. */
  say(title, sentence) {
    this.#fill([text("h1", title), text("p", sentence)]);
  }

  hide() {
    this.#root.hidden = true;
    this.#root.replaceChildren();
  }

  #fill(elements) {
    const sheet = document.createElement("div");
    sheet.className = "pairing-sheet";
    sheet.append(...elements);
    this.#root.replaceChildren(sheet);
    this.#root.hidden = false;
  }
}

function text(tag, words, className = "") {
  const element = document.createElement(tag);
  element.textContent = words;
  element.className = className;
  return element;
}

/** Read out more easily in two halves. */
function spaced(code) {
  const half = Math.ceil(code.length / 2);
  return `${code.slice(0, half)} ${code.slice(half)}`;
}
