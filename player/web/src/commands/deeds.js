// The deeds: what each command does on this screen. `reboot` asks the kiosk for the machine, else loads anew.

const UPLOAD_DEADLINE_MS = 30000;

/**
 * @param {object} parts
 * @param {object} parts.stage what plays (play/stage.js)
 * @param {import("../session/following.js").Follower} parts.follower
 * @param {import("../settings/settings.js").Settings} parts.settings
 * @param {import("./identify.js").NamePlate} parts.namePlate
 * @param {() => string} parts.token of the screen
 * @param {() => Promise<void>} parts.leave says what is left to say, before the page is loaded anew
 * @returns {Object<string, import("./commands.js").Deed>}
 */
export function deeds({ stage, follower, settings, namePlate, token, leave }) {
  return {
    play: { run: () => stage.play() },
    pause: { run: () => stage.pause() },
    stop: { run: () => stage.stop() },
    reload_playlist: {
      objection: ({ playlist_version: version }) => whole(version, 0, 2 ** 53, "playlist_version", true),
      run: ({ playlist_version: version }) => {
        if (version === undefined || version === null) stage.restart();
        else follower.level(version);
      },
    },
    ping: { run: () => "pong" },
    reboot: {
      run: () => (kiosk()?.reboot ? "the kiosk restarts the machine" : "the player is loaded anew"),
      after: async () => {
        await leave();
        if (kiosk()?.reboot) kiosk().reboot();
        else location.reload();
      },
    },
    screenshot: { run: (_, commandId) => upload(stage, commandId, token()) },
    set_volume: {
      objection: ({ volume }) => whole(volume, 0, 100, "volume"),
      run: ({ volume }) => settings.setVolume(volume),
    },
    identify: {
      objection: ({ for_s: forS }) => whole(forS, 1, 600, "for_s", true),
      run: ({ for_s: forS, name }) => namePlate.show(forS ?? 10, name),
    },
  };
}

/** What a kiosk's shell may offer to the page: `window.clarionKiosk`, with `reboot()` and `hardwareId`. */
function kiosk() {
  return window.clarionKiosk ?? null;
}

async function upload(stage, commandId, token) {
  const { blob, note } = await stage.snapshot();
  const asked = new URLSearchParams({ command_id: commandId, note: note ?? "" });
  const response = await fetch(`/api/v1/devices/me/screenshots?${asked}`, {
    method: "POST",
    headers: { Authorization: `Bearer ${token}`, "Content-Type": blob.type },
    body: blob,
    signal: AbortSignal.timeout(UPLOAD_DEADLINE_MS),
  });
  if (response.status !== 201) {
    throw new Error(`the hub did not take the picture: it answered ${response.status}`);
  }
  return note || null;
}

function whole(value, least, most, name, mayBeLeftOut = false) {
  if (mayBeLeftOut && (value === undefined || value === null)) return null;
  const fits = Number.isSafeInteger(value) && value >= least && value <= most;
  return fits ? null : `${name} must be a whole number from ${least} to ${most}`;
}
