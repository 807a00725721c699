// One alert on the glass: its words in each language, laid out over each other, of which one is seen.
//
// Data becomes text nodes and attributes only, never markup.

import { fitWords } from "./fitting.js";
import { pictogram } from "./pictograms.js";

/** The word above an alert whose language is English, or not named; the dashboard says the same. */
const SEVERITY_WORDS = { extreme: "Extreme", severe: "Severe", moderate: "Moderate", minor: "Minor" };

export class Panel {
  #versions;
  #fitted = new Set();

  /** @param {import("./alert.js").Alert} alert */
  constructor(alert) {
    this.alert = alert;
    this.element = made("article", "alert-panel");
    this.element.dataset.emergencyId = alert.emergency_id;
    this.element.dataset.severity = alert.severity;
    this.#versions = [alert, ...alert.texts].map((text) => versionOf(text, alert));
    this.element.append(...this.#versions);
  }

  /** How many languages there are. */
  get languages() {
    return this.#versions.length;
  }

  /** Show it in this language, its words as large as they fit. */
  show(language) {
    for (const [at, version] of this.#versions.entries()) {
      version.classList.toggle("is-seen", at === language);
    }
    const seen = this.#versions[language];
    if (this.#fitted.has(seen)) return;
    this.#fitted.add(seen);
    const box = seen.querySelector(".alert-box");
    seen.dir = getComputedStyle(box).direction; // the picture is where the reading begins
    fitWords(box, seen);
  }

  /** The space is another one: words are fitted again when they are shown. */
  resized() {
    this.#fitted.clear();
  }

  /** What the page says that it shows: read from the page, not from the alert. */
  read() {
    const [main, ...others] = this.#versions.map((version) => ({
      language: version.dataset.language,
      title: version.querySelector(".alert-title").textContent,
      message: version.querySelector(".alert-message").textContent,
    }));
    const { severity } = this.element.dataset;
    return { title: main.title, message: main.message, severity, texts: others };
  }
}

function versionOf(text, { severity, pictogram: picture }) {
  const version = made("div", "alert-version");
  version.dataset.language = text.language;
  if (text.language !== "") version.lang = text.language;
  const box = made("div", "alert-box");
  box.dir = "auto";
  if (/^(en\b|$)/i.test(text.language)) {
    const word = made("p", "alert-kicker", SEVERITY_WORDS[severity]);
    word.dir = "ltr"; // else it would say which way the alert is read
    box.append(word);
  }
  box.append(made("h1", "alert-title", text.title), made("p", "alert-message", text.message));
  const drawn = pictogram(picture);
  version.append(...(drawn === null ? [] : [drawn]), box);
  return version;
}

function made(name, className, text = "") {
  const element = document.createElement(name);
  element.className = className;
  element.textContent = text;
  return element;
}
