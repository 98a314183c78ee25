/** docs/mqtt.md, "Nodes", "Data", "Push" and "Updates" — what is said of one node. */
import { PHASES, REACHABILITIES } from "../../../gateway/store/facts.ts";
import { list, map, may, must, object, oneOf, open, pair } from "./shape.ts";
import {
  BOOLEAN,
  COUNT,
  ID,
  INTEGER,
  JSON_VALUE,
  NULL,
  NUMBER,
  NUMBER64,
  orNull,
  PERCENT,
  TEXT,
  TIME,
  TRUE,
} from "./words.ts";

const SLEEPY = object({
  "interval-s": must(NUMBER, "Seconds between two wakes, as the node is configured."),
  "listen-ms": may(NUMBER, "For how long it listens after its last word, where it told so; else it is 93 seconds."),
});

export const NODE_BIRTH = object({
  name: must(TEXT, "Its name for people."),
  endpoint: must(TEXT, "The name that it uses for itself; it changes when a device is replaced."),
  models: may(TEXT, "Its module set; without it the default one."),
  model: may(TEXT, "Make and model, as it told them."),
  hw: may(TEXT, "Hardware revision."),
  sw: may(map("part", TEXT, "A version."), "Versions of its software: `app`."),
  transport: must(oneOf("coreconf"), "How it is spoken to."),
  security: must(oneOf("oscore", "none"), "`none`: it has no credentials, and is heard in lab mode only."),
  sleepy: may(SLEEPY, "There for a node that told how often it wakes."),
});

export const NODE_STATE = object({
  state: must(oneOf(...REACHABILITIES), "How it is; `unknown` until it is heard."),
  "last-seen": may(TIME, "When it was heard last."),
  "next-wake": may(TIME, "When it is expected."),
  "missed-wakes": must(COUNT, "Wakes that it missed since then."),
  "battery-mv": may(NUMBER, "Its battery in millivolts, where it measures it."),
  pending: must(COUNT, "Edits that wait for it; those of the same data are merged while they wait."),
});

const OTA_DETAIL = object({
  campaign: must(ID, "The campaign that updates it."),
  group: must(COUNT, "Its group in that, counted from 1."),
  phase: must(oneOf(...PHASES), "Where the update stands."),
  attempt: must(COUNT, "Which try this is."),
  bytes: may(pair(COUNT), "Bytes that it has stored, and bytes in all; there while the update is under way."),
  "next-wake": may(TIME, "When it is expected; there while the update is under way."),
  verified: may(oneOf("lab", "manifest"), "What vouches for the image: a signed manifest, or nobody (`lab`)."),
  silent: may(TRUE, "It missed too many wakes, and counts as silent in its campaign."),
  reason: must(orNull(TEXT), "Why the update did not get on."),
});

export const NODE_OTA = object({
  installed_version: must(orNull(TEXT), "Version that it runs."),
  latest_version: must(orNull(TEXT), "Version that it is to run."),
  title: must(orNull(TEXT), "What is updated: its model."),
  in_progress: must(BOOLEAN, "Whether it is busy with it."),
  update_percentage: must(orNull(PERCENT), "How much of the image it has; null outside a download."),
  detail: must(OTA_DETAIL, "What Home Assistant does not read."),
});

export const META = "sidgate-mqtt:meta";
const DATA_META = object({
  seq: must(NUMBER64, "Number of the fact that last changed the data."),
  epoch: must(INTEGER, "Epoch of that number: the highest (`epoch`, `seq`) wins."),
  observed: may(TIME, "When the node took the reading; of two with one `seq` the later one wins."),
});

export const NODE_DATA = open(
  { [META]: must(DATA_META, "Which reading this is.") },
  "module:name",
  JSON_VALUE,
  "Top-level data of the module, RFC 7951.",
);

const PUSH_META = object({
  seq: must(NUMBER64, "Number of the push."),
  "prev-seq": must(NUMBER64, "Number of the push before, on this topic; 0 for the first of an epoch."),
  epoch: must(INTEGER, "Epoch of these numbers."),
  observed: must(TIME, "When the node took the latest reading in it."),
  "sid-path": may(COUNT, "SID of what the subscription's path leads to (RFC 9595), where it has one."),
});

const INCOMPLETE = may(
  list(NULL),
  "`[null]`: something is left out, since the node's modules of today do not have it (RFC 8641 §3.11.1).",
);
const EDIT = object({
  "edit-id": must(TEXT, "Counts the edits of this push."),
  operation: must(oneOf("create", "replace", "delete"), "What became of it."),
  target: must(TEXT, "Which instance, as an RFC 8040 path."),
  value: may(JSON_VALUE, "What it is now, RFC 7951; not there after `delete`."),
});
const YANG_PATCH = object({
  "patch-id": must(TEXT, "The `seq` of the push."),
  edit: must(list(EDIT), "What changed, in order."),
});
const PUSH_CHANGE = object({
  id: must(INTEGER, "Number of the subscription in `mqtt.push`, counted from 1."),
  "datastore-changes": must(object({ "yang-patch": must(YANG_PATCH, "RFC 8072.") }), "What changed."),
  "incomplete-update": INCOMPLETE,
});
const PUSH_UPDATE = object({
  id: must(INTEGER, "Number of the subscription in `mqtt.push`, counted from 1."),
  "datastore-contents": must(JSON_VALUE, "The data under the path of the subscription, RFC 7951."),
  "incomplete-update": INCOMPLETE,
});

export const NODE_PUSH = object({
  "ietf-yang-push:push-change-update": may(PUSH_CHANGE, "What changed (RFC 8641 §3.7)."),
  "ietf-yang-push:push-update": may(PUSH_UPDATE, "How it stands (RFC 8641 §3.7)."),
  [META]: must(PUSH_META, "Its numbers."),
});
