// What an alert sounds like, once and softly, for whoever writes it. The notes are those of screens
// (player/web/src/alert/sound.js); a test holds the two together.
(() => {
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
  const LOUDNESS = 0.12;
  const EDGE_S = 0.03;
  let context = null;

  document.addEventListener("click", (event) => {
    const button = event.target instanceof Element && event.target.closest("[data-listen]");
    const round = button && ROUNDS[button.dataset.listen];
    if (!round) return;
    context?.close();
    context = new AudioContext();
    for (const [startsS, lastsS, fromHz, toHz] of round.notes) {
      const begins = context.currentTime + startsS;
      const tone = context.createOscillator();
      const loud = context.createGain();
      tone.frequency.setValueAtTime(fromHz, begins);
      tone.frequency.linearRampToValueAtTime(toHz, begins + lastsS);
      loud.gain.setValueAtTime(0, begins);
      loud.gain.linearRampToValueAtTime(LOUDNESS, begins + EDGE_S);
      loud.gain.linearRampToValueAtTime(0, begins + lastsS);
      tone.connect(loud).connect(context.destination);
      tone.start(begins);
      tone.stop(begins + lastsS);
    }
  });
})();
