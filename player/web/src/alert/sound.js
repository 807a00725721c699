// What an alert sounds like: made here, of two oscillators; no file is needed.
//
// Rule 1: the gravest alert that has a sound is heard, as loud as the machine is set: whoever raised it
//         wanted that, and the volume of the playlist (a ward at night) is not what they spoke of.
// Rule 2: it goes on, with pauses, until no alert has a sound.
// Rule 3: a browser that wants to be touched first makes no sound before: `isBlocked` says so.
// Rule 4: a machine that can make no sound shows its alerts, and proves them, all the same: nothing is
//         thrown.

/** Of the gravest that has one. Pure. @param {import("./alert.js").Alert[]} alerts the gravest first */
export function soundOf(alerts) {
  return alerts.find(({ sound }) => Object.hasOwn(ROUNDS, sound ?? ""))?.sound ?? null;
}

/** One round of each: notes of [starts at s, lasts s, from Hz, to Hz], and when the next begins. */
const ROUNDS = {
  chime: {
    everyS: 12,
    notes: [[0, 0.9, 880, 880], [0.55, 1.4, 659, 659], [1.8, 0.9, 880, 880], [2.35, 1.4, 659, 659]],
  },
  siren: {
    everyS: 8,
    notes: [[0, 1.6, 520, 1040], [1.6, 1.6, 1040, 520], [3.2, 1.6, 520, 1040], [4.8, 1.6, 1040, 520]],
  },
};
const LOUDNESS = 0.9;
const EDGE_S = 0.03; // a tone that begins at once clicks

export class Sound {
  #makeContext;
  #context = null;
  #playing = null;
  #output = null;
  #timer = null;

  /** @param {() => AudioContext} makeContext */
  constructor(makeContext = () => new AudioContext()) {
    this.#makeContext = makeContext;
  }

  /** Which one is being played; null: none. */
  get playing() {
    return this.#playing;
  }

  /** Whether the browser keeps it silent (`--autoplay-policy=no-user-gesture-required` does not). */
  get isBlocked() {
    return this.#playing !== null && (this.#context === null || this.#context.state === "suspended");
  }

  /** Sound like these alerts: call it whenever they change. @param {import("./alert.js").Alert[]} alerts */
  follow(alerts) {
    const wanted = soundOf(alerts);
    if (wanted === this.#playing) return;
    this.#stop();
    this.#playing = wanted;
    if (wanted === null) return;
    try {
      this.#context ??= this.#makeContext();
    } catch {
      return; // Rule 4
    }
    this.#context.resume().catch(() => {}); // not before somebody touches it (Rule 3)
    this.#round();
    this.#timer = setInterval(() => this.#round(), ROUNDS[wanted].everyS * 1000);
  }

  #round() {
    if (this.#context.state === "suspended") this.#context.resume().catch(() => {});
    this.#output?.disconnect();
    this.#output = this.#context.createGain();
    this.#output.gain.value = LOUDNESS;
    this.#output.connect(this.#context.destination);
    for (const note of ROUNDS[this.#playing].notes) this.#note(...note);
  }

  #note(atS, lastsS, fromHz, toHz) {
    const begin = this.#context.currentTime + atS;
    const [tone, edge] = [this.#context.createOscillator(), this.#context.createGain()];
    tone.type = this.#playing === "siren" ? "sawtooth" : "sine";
    tone.frequency.setValueAtTime(fromHz, begin);
    tone.frequency.linearRampToValueAtTime(toHz, begin + lastsS);
    edge.gain.setValueAtTime(0, begin);
    edge.gain.linearRampToValueAtTime(1, begin + EDGE_S);
    edge.gain.setValueAtTime(1, begin + lastsS - EDGE_S);
    edge.gain.linearRampToValueAtTime(0, begin + lastsS);
    tone.connect(edge).connect(this.#output);
    tone.start(begin);
    tone.stop(begin + lastsS);
  }

  #stop() {
    clearInterval(this.#timer);
    this.#output?.disconnect();
    this.#output = null;
  }
}
