// The composition root: opens the store, enrols or starts, and joins the rooms. No other page knows them all.
//
// Rule 1: one session a browser: the page that holds the lock is the screen; another one waits for it to go.
// Rule 2: what plays and what warns starts from the disk, before and without the hub.
// Rule 3: a token that is not good any more ends in a clean pairing screen: whatever it brought is forgotten.

import { Emergencies } from "./alert/emergencies.js";
import { Overlay } from "./alert/overlay.js";
import { Proof } from "./alert/proof.js";
import { learnKeys } from "./alert/signature.js";
import { Sound } from "./alert/sound.js";
import { Trust } from "./alert/trust.js";
import { Commands } from "./commands/commands.js";
import { deeds } from "./commands/deeds.js";
import { NamePlate } from "./commands/identify.js";
import { enrol, fetchSigningKeys, installation } from "./enrol/enrol.js";
import { Identity } from "./enrol/identity.js";
import { Pairing } from "./enrol/pairing.js";
import { alone, whatIsLacking } from "./enrol/ready.js";
import { Files } from "./play/files.js";
import { Stage } from "./play/stage.js";
import { Sending } from "./records/sending.js";
import { EVERY_MS, health } from "./session/health.js";
import { HubClock } from "./session/hub_clock.js";
import { Link, nowS } from "./session/link.js";
import { Screen } from "./session/machine.js";
import { Memory } from "./session/memory.js";
import { Settings } from "./settings/settings.js";
import { openStore } from "./store.js";
import { aboutThisBrowser, PLAYER_VERSION } from "./version.js";
import { begin, leave, onlyPictures } from "./watch/starts.js";
import { installed } from "./watch/updates.js";
import { watchOver } from "./watch/watching.js";

const WORKER_WITHIN_MS = 5000;
const START_AGAIN_MS = 30000;
/** Said while there is a session, and not recorded: a play says the same, and more. */
const ONLY_LIVE = new Set(["playback_started", "playback_ended"]);
const part = (id) => document.getElementById(id);

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

async function start(pairing) {
  const lacking = whatIsLacking();
  if (lacking !== null) {
    pairing.say("This browser cannot be a screen as it is", lacking);
    return;
  }
  const store = await openStore();
  await alone(pairing);
  const started = await begin(store, Date.now());
  const worker = installed().catch(() => {}); // Not without the hub; it is tried again when the screen runs.
  await store.journal.interrupt();
  navigator.storage.persist().catch(() => {});
  await installation(store);
  const kept = await store.get("identity");
  const who = new Identity(store, kept ?? (await enrol(store, pairing)));
  if (!kept) await trustOnFirstUse(who);
  // Films and packages come through the worker: it is waited for, but not for ever.
  await Promise.race([worker, pause(WORKER_WITHIN_MS)]);
  await run(store, who, started);
}

/** Joins the rooms, and lets the screen run until it is shut out. */
async function run(store, who, started) {
  const clock = new HubClock();
  const hubMs = () => clock.ms(nowS());

  // What is said to the hub, now or later.
  let link = null;
  let sentAway = null; // Why the hub does not want it back; what plays goes on.
  const say = (frames) => link?.say(frames) ?? false;
  const sending = new Sending({ log: store.log, say });
  const stamped = (event) => ({ type: "event", ...event, at_ms: hubMs() ?? Date.now() });
  const record = (what) => sending.record(what).catch(() => {}); // A full disk must not stop what plays.
  const report = (event) => record(stamped(event));

  // What plays.
  const files = new Files({
    hubUrl: location.origin,
    token: who.now.token,
    onAddressesOver: () => {
      screen.follower.fetchAt ??= nowS();
      link?.look();
    },
    onNoRoom: ({ name: item }) => report({ event: "error", item, detail: "There is no room for its file." }),
  });
  const stage = new Stage({
    root: part("stage"),
    files,
    clock,
    onPlayed: (play) => record({ type: "play", ...play }),
    onProgramme: (playlist) =>
      report({
        event: "programme_changed",
        detail: playlist === null ? "nothing" : `${playlist.name}, version ${playlist.number}`,
      }),
    onSkipped: ({ item: { name }, reason }) => report({ event: "item_skipped", item: name, detail: reason }),
    onEvent: (event) => {
      if (ONLY_LIVE.has(event.event)) say(screen.happened(stamped(event)));
      else report(event);
    },
  });
  const glass = {
    get playback() {
      return stage.playback;
    },
    load: (manifest) => {
      stage.load(started.safeMode ? onlyPictures(manifest) : manifest);
      files.want(manifest);
    },
    renew: (manifest) => files.want(manifest),
    restart: () => stage.restart(),
  };

  // What warns.
  const emergencies = new Emergencies(clock);
  const overlay = new Overlay({ root: part("alerts") });
  const proof = new Proof({ overlay, clock });
  const sound = new Sound();
  const warn = () => {
    overlay.show(emergencies.alerts);
    stage.setCovered(emergencies.alerts.length > 0);
    sound.follow(emergencies.alerts);
  };
  const { signingKeys: keys, tenantId } = who.now;
  const onLearned = (what) => who.learn(what).catch(reportError);
  const trust = new Trust({ keys, tenantId, fetchKeys: fetchSigningKeys, onLearned });

  // What is obeyed.
  const settings = new Settings({ store, glass: part("glass"), stage, hubMs });
  const screen = new Screen({
    about: aboutThisBrowser(),
    clock,
    emergencies,
    glass,
    random: Math.random,
    room: {
      order: (command) => commands.carryOut(command),
      settings: (frame) => settings.take(frame).catch(reportError),
      kept: (frame) => sending.kept(frame).catch(reportError),
      begun: (session) => sending.begun(session),
    },
  });
  const commands = new Commands({
    journal: store.journal,
    hubMs,
    answer: (receipt) => say(screen.answered([receipt])),
    deeds: deeds({
      stage,
      follower: screen.follower,
      settings,
      namePlate: new NamePlate(part("identify"), () => who.now),
      token: () => who.now.token,
      leave: async () => {
        await link.flushed();
        await leave(store, "It was told to.").catch(() => {});
      },
    }),
  });

  const memory = new Memory({ store, clock, emergencies, follower: screen.follower });
  link = new Link({
    identity: who.now,
    screen,
    believed: async (came) => {
      const { frame, said, events } = await trust.sift(came, hubMs());
      say(screen.answered(said));
      events.forEach(record);
      if (frame?.type === "welcome") {
        sentAway = null;
        onLearned({ name: frame.name, deviceId: frame.device_id });
      }
      return frame;
    },
    stepped: () => {
      memory.keep(); // Before it is shown: a fault of the glass must not lose an alert.
      if (memory.alertsChanged()) warn();
    },
    prove: (receipt) => proof.of(receipt),
    onSentAway: (reason) => {
      sentAway = reason;
      if (reason === "revoked") forget(store, files, memory, who);
    },
    random: Math.random,
  });

  // From the disk first (Rule 2), then from the hub.
  await memory.restore();
  if (emergencies.alerts.length > 0) warn();
  await settings.restore();
  screen.settingsVersion = settings.version;
  const measure = async () => {
    memory.keep();
    screen.health = await health({ stage, files });
  };
  measure();
  setInterval(measure, EVERY_MS);
  link.run();
  watchOver({
    store,
    started,
    stage,
    isAlerting: () => emergencies.alerts.length > 0,
    report,
    debugRoot: part("debug"),
    facts: () => [
      ["Screen", who.now.name],
      ["Device", who.now.deviceId],
      ["Player", PLAYER_VERSION],
      ["Session", screen.session === null ? sentAway ?? "no hub" : "joined"],
      ["Hub's clock", hubMs() === null ? null : new Date(hubMs()).toISOString()],
      ["Plays", `${stage.playback.state} ${stage.playback.item ?? ""}`],
      ["Files missing", files.missing],
      ["Dropped frames", stage.droppedFrames],
      ["Records waiting", store.log.waiting],
      ["Alerts", emergencies.alerts.length],
      ["Sound", sound.isBlocked ? "blocked by the browser" : sound.playing],
    ],
  });
}

/** The hub's keys, over the connection that the token came by. Later they are asked for when needed. */
async function trustOnFirstUse(who) {
  try {
    await who.learn({ signingKeys: await learnKeys([], await fetchSigningKeys()) });
  } catch {
    // The hub is away: the first alert asks again.
  }
}

/** Rule 3. The installation stays: the same hardware is the same device. */
async function forget(store, files, memory, who) {
  memory.stop();
  who.stop();
  const { hardwareId, enrolmentKey } = await installation(store);
  await files.clear();
  await store.clear();
  await store.set("installation", { hardwareId, enrolmentKey });
  location.reload();
}

const pairing = new Pairing(part("pairing"));
start(pairing).catch(async (fault) => {
  pairing.say("This screen cannot start", `${fault?.message ?? fault}. It tries again by itself.`);
  await pause(START_AGAIN_MS);
  location.reload();
});
