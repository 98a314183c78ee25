/** docs/coreconf.md, "Limits": every number there is one of the code, and every number of the code that a manager meets is there. */
import { readFileSync } from "node:fs";
import { expect, test } from "@jest/globals";
import { DEFAULT_LIMITS } from "../../../gateway/coap/index.ts";
import { NOTIFIED_PER_TURN } from "../../../gateway/coap/observe/notifier.ts";
import { SITE_BYTES, SITE_NOTIFICATIONS } from "../../../gateway/service/events/events.ts";
import { NODE_BYTES, NODE_NOTIFICATIONS } from "../../../gateway/service/events/node-ring.ts";
import { MOST_WAITING } from "../../../gateway/service/mailbox/index.ts";
import { LARGEST_EDIT } from "../../../gateway/service/mailbox/slices.ts";
import { MOST } from "../../../gateway/southbound/coreconf/limits.ts";
import { CORECONF, MAX_NESTED_TAGS } from "../../../gateway/wire/cbor/index.ts";
import { TREE_STEP_LIMIT } from "../../../gateway/yang/xpath/data-node.ts";

const LIMITS: ReadonlyArray<readonly [what: string, most: number]> = [
  ["bytes of a request's body, all blocks together", MOST.bodyBytes],
  ["bytes of an answer, all blocks together", MOST.answerBytes],
  ["identifiers in one FETCH, of a datastore or a stream", MOST.identifiers],
  ["edits in one iPATCH", MOST.edits],
  ["calls in one POST", MOST.calls],
  ["levels of CBOR, a list counting twice", CORECONF.maxDepth],
  ["tags on a tag", MAX_NESTED_TAGS],
  ["steps of all `must` and `when` of one request", TREE_STEP_LIMIT],
  ["bytes of one edit of a node", LARGEST_EDIT],
  ["edits that wait for one node", MOST_WAITING],
  ["bodies that one peer sends in blocks", DEFAULT_LIMITS.bodiesPerPeer],
  ["such bodies in all", DEFAULT_LIMITS.bodiesTotal],
  ["answers in blocks kept for one peer", DEFAULT_LIMITS.snapshotsPerPeer],
  ["such answers in all", DEFAULT_LIMITS.snapshotsTotal],
  ["bytes of them in all", DEFAULT_LIMITS.snapshotBytes],
  ["observations of one peer", DEFAULT_LIMITS.observationsPerPeer],
  ["observations in all", DEFAULT_LIMITS.observationsTotal],
  ["bytes of a request that observes", DEFAULT_LIMITS.observedBytes],
  ["observers told in one turn of the event loop", NOTIFIED_PER_TURN],
  ["notifications kept of the gateway", SITE_NOTIFICATIONS],
  ["bytes of them", SITE_BYTES],
  ["notifications kept of a node", NODE_NOTIFICATIONS],
  ["bytes of them", NODE_BYTES],
];

test("the limits that a manager meets stand in docs/coreconf.md as the code has them", () => {
  const [, section = ""] = readFileSync("docs/coreconf.md", "utf8").split("\n## Limits\n");
  const rows = section
    .split("\n## ", 1)[0]!
    .split("\n")
    .filter((line) => line.startsWith("| "))
    .slice(1)
    .map((line) => line.split("|").map((cell) => cell.trim()))
    .map(([, what, most]) => [what, Number(most)]);
  expect(rows).toEqual(LIMITS);
});
