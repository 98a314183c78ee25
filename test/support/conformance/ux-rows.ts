/**
 * What users of other gateways complained about most in their updates, as rules for campaigns: rows of
 * docs/campaign-conformance.md. Each must be shown by a test.
 */
import { type Rows, row } from "./row.ts";

export const SLEEP_ROWS: Rows = {
  "UX-R1": row("nothing is sent to a node that sleeps: what it should do waits for its wake", "zigbee2mqtt #27084"),
  "UX-R2": row(
    "progress survives lost answers, resets and restarts; standing still is no failure",
    "zigbee2mqtt #27084",
  ),
  "UX-R3": row("patience is counted in missed wakes, not in seconds", "zigbee2mqtt #22888"),
  "UX-R4": row("done is what the node itself reports to run, by digest", "zigbee2mqtt #32008"),
  "UX-R10": row("silent nodes count as errors; a late success is recorded and shown", "hawkBit #693"),
  "UX-R16": row("a place in a mesh is leased from wake to wake, and comes back by itself", "edgehog #278"),
  "UX-R28": row("`waits for its wake at 13:15`, never a spinner", "ChirpStack FUOTA #661"),
};

export const PLAN_ROWS: Rows = {
  "UX-R5": row(
    "attempts per node and image, then quarantine; places per mesh; the others go on",
    "zigbee2mqtt #31746",
    {
      partly: "there is no rule yet that takes routers first or last",
    },
  ),
  "UX-R6": row(
    "before the start: battery, room and what else stands in the way, with the reason of each node",
    "zigbee2mqtt #27234",
  ),
  "UX-R7": row(
    "model, hardware and version have to fit; a lower version is a verb of its own, with a reason; approval is a second person's",
    "zha-toolkit #103",
    {
      decision: "nothing forces an image onto a node of another model",
    },
  ),
  "UX-R11": row(
    "the preview is exactly what is recorded; nobody selected is refused; errors of a filter point to the character",
    "hawkBit #735, #1532",
  ),
  "UX-R12": row(
    "one writer, one fold of facts: whatever comes at once, no wave begins out of turn",
    "hawkBit #2161, #1853",
  ),
  "UX-R13": row("windows in the site's time; who comes late joins where the plan says so", "hawkBit #672, #1548", {
    decision: "late joiners come into the last group; a campaign ends when all its nodes have ended",
  }),
  "UX-R29": row("what a node can take is asked before the start", "LoRaMac-node #827"),
};

export const TRUTH_ROWS: Rows = {
  "UX-R9": row("images are found by what they are: id, digest, many versions", "tuya-zigbee-switch #64"),
  "UX-R17": row("a report said twice changes nothing; where a node stands follows from digests", "ThingsBoard #10191"),
  "UX-R18": row("each node's own story", "ThingsBoard #15147", {
    partly: "phases, bytes and steps that failed; single blocks are in the log alone",
  }),
  "UX-R19": row(
    "a delta is chosen by what the node runs when it is offered; else the whole image",
    "ThingsBoard client-sdk #6751",
  ),
  "UX-R21": row("any block, in any order, of any size, whenever", "Californium #2141"),
  "UX-R24": row("a URI stands for one digest; a second image with the same short id is refused", "Leshan #367"),
  "UX-R30": row("of each node that is not done it is said what blocks it", "Mender's dynamic groups"),
  "UX-R31": row("after an abort: how long a node may go on with what it has begun", "matter.js", {
    decision: "until it is heard again; until then its cause is `cool-down`",
  }),
};
