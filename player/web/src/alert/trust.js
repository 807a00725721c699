// Every frame with alerts in it passes here before the machine sees it: what is not the hub's is taken out.
//
// Rule 1: frames keep their order: whoever calls waits for `sift` before the next frame.
// Rule 2: a key that is not known is looked up once more at the hub, for as long as the caller's `fetchKeys`;
//         once a minute at most, whoever sends alerts of it.
// Rule 3: a refused alert is answered each time, and told in the log once.
// Rule 4: an alert that cannot be judged yet, because the hub does not say its keys, is not refused for good:
//         the machine is not told the version, so that the hub says the alert again.

import { learnKeys, UNKNOWN_KEY, verifyAlert } from "./signature.js";

const MOST_REMEMBERED = 256;
const KEYS_AGAIN_AFTER_S = 60;
const UNANSWERED_AGAIN_AFTER_S = 5;
const NOT_JUDGED = `${UNKNOWN_KEY}, and the hub did not answer when asked for its keys`;

/** Whether there is anything to check in this frame; if not, it needs no waiting. */
export function carriesAlerts(frame) {
  return frame.type === "command" ? frame.command === "emergency_show" : (frame.emergencies?.length ?? 0) > 0;
}

export class Trust {
  #keys;
  #tenantId;
  #fetchKeys;
  #onLearned;
  #nowS;
  #told = new Set();
  #askAgainAtS = -Infinity;
  #isAnswered = true;

  /**
   * @param {Object} given
   * @param {import("./signature.js").SigningKey[]} given.keys those that the screen trusts
   * @param {string|null} given.tenantId null: the first `welcome` says it
   * @param {() => Promise<object[]>} given.fetchKeys those of GET /api/v1/signing-keys; may throw
   * @param {() => number} given.nowS
   * @param {(what: {signingKeys: object[], tenantId: string|null}) => void} given.onLearned keep this
   */
  constructor({ keys, tenantId, fetchKeys, onLearned = () => {}, nowS = () => performance.now() / 1000 }) {
    this.#keys = keys;
    this.#tenantId = tenantId;
    this.#fetchKeys = fetchKeys;
    this.#onLearned = onLearned;
    this.#nowS = nowS;
  }

  /**
   * @param {object} frame any of the hub's
   * @param {number|null} atMs of the hub's clock
   * @returns {Promise<{frame: object|null, said: object[], events: object[]}>} the frame without what is
   *   refused (null: nothing is left of it); `said`: receipts for the hub at once; `events`: for the log
   */
  async sift(frame, atMs) {
    if (frame.type === "welcome" && this.#tenantId === null && frame.tenant_id) {
      this.#tenantId = frame.tenant_id;
      this.#learned();
    }
    if (!carriesAlerts(frame)) return { frame, said: [], events: [] };
    const isOrder = frame.type === "command";
    const fitting = [];
    let isJudged = true;
    const [said, events] = [[], []];
    for (const alert of isOrder ? [frame.args?.alert] : frame.emergencies) {
      const reason = await this.#reasonAgainst(alert);
      if (reason === null) {
        fitting.push(alert);
        continue;
      }
      if (reason === NOT_JUDGED) isJudged = false;
      const commandId = isOrder ? frame.command_id : alert?.emergency_id;
      const detail = `The alert was refused: ${reason}.`;
      if (reason !== NOT_JUDGED) {
        said.push(stamped({ type: "receipt", command_id: `${commandId}`, status: "rejected", detail }, atMs));
      }
      if (this.#isNews(alert, reason)) {
        const item = String(alert?.title ?? "").slice(0, 200);
        events.push(stamped({ type: "event", event: "alert_refused", item, detail }, atMs));
      }
    }
    if (isOrder) return { frame: fitting.length > 0 ? frame : null, said, events };
    const left = isJudged ? { ...frame, emergencies: fitting } : withoutVersion(frame, fitting);
    return { frame: left, said, events };
  }

  async #reasonAgainst(alert) {
    if (this.#tenantId === null) return "this screen does not know whose it is yet";
    const reason = await verifyAlert(alert, this.#tenantId, this.#keys);
    if (reason !== UNKNOWN_KEY) return reason;
    if (this.#nowS() >= this.#askAgainAtS) await this.#askForKeys();
    return this.#isAnswered ? verifyAlert(alert, this.#tenantId, this.#keys) : NOT_JUDGED;
  }

  async #askForKeys() {
    try {
      this.#keys = await learnKeys(this.#keys, await this.#fetchKeys());
      this.#isAnswered = true;
      this.#learned();
    } catch {
      this.#isAnswered = false;
    }
    this.#askAgainAtS = this.#nowS() + (this.#isAnswered ? KEYS_AGAIN_AFTER_S : UNANSWERED_AGAIN_AFTER_S);
  }

  #learned() {
    this.#onLearned({ signingKeys: this.#keys, tenantId: this.#tenantId });
  }

  #isNews(alert, reason) {
    const what = JSON.stringify([alert?.emergency_id, alert?.sequence, alert?.signature, reason]);
    if (this.#told.has(what)) return false;
    this.#told.add(what);
    if (this.#told.size > MOST_REMEMBERED) this.#told.delete(this.#told.values().next().value);
    return true;
  }
}

/** Rule 4. A `welcome` must say something: it says another version than the hub's. */
function withoutVersion(frame, fitting) {
  if (frame.type !== "welcome") return { ...frame, emergencies: null };
  return { ...frame, emergencies: fitting, emergency_version: frame.emergency_version === 0 ? 1 : 0 };
}

function stamped(frame, atMs) {
  return atMs === null ? frame : { ...frame, at_ms: atMs };
}
