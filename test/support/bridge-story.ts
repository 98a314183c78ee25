/** A short life of a site in which every fact type occurs, for golden messages and crash tests. */
import { millis } from "../../gateway/base/index.ts";
import type { Fact, NewFact } from "../../gateway/store/index.ts";
import {
  encodeIdentifiers,
  encodeInstances,
  encodeTree,
  fromJson,
  type Instance,
  type Json,
  type Schema,
} from "../../gateway/yang/index.ts";
import { atSecond, DIGEST, joined, nodeId, phase } from "./bridge-site.ts";

const CAMPAIGN = "c-20261121-01";
const REPLY = new Uint8Array(0);

/** The notification of a room node. */
function alarm(schema: Schema, json: { readonly [leaf: string]: Json }): Instance {
  const node = schema.byPath("/sidgate-building:alarm");
  if (node === undefined) throw new RangeError("sidgate-building has no alarm");
  return { id: { sid: node.sid, keys: [] }, value: fromJson({ "sidgate-building:alarm": json }, schema, node) };
}

export function bridgeStory(schema: Schema): readonly NewFact[] {
  // A plain Uint8Array, as the journal gives it back.
  const data = (json: { readonly [member: string]: Json }): Uint8Array =>
    new Uint8Array(encodeTree(fromJson(json, schema), schema));
  const room = (temperature: string): Uint8Array => data({ "sidgate-building:room": { temperature } });
  const report = (n: number, second: number, rest: Partial<Extract<Fact, { type: "node.reported" }>>): NewFact => ({
    type: "node.reported",
    at: atSecond(second),
    node: nodeId(n),
    report: second,
    request: 1,
    reply: REPLY,
    state: "asleep",
    nextWake: atSecond(second + 900),
    ...rest,
  });
  return [
    { type: "gateway.started", at: atSecond(0), version: "0.1.0", boot: "1", mode: "lab" },
    joined(1),
    joined(2),
    { type: "node.renamed", at: atSecond(3), node: nodeId(2), name: "Room 115 valve", actor: "cli:root" },
    report(1, 4, {
      data: data({
        "sidgate-node:node": { model: "acme-trv2", hardware: "B", "wake-interval": 900 },
        "sidgate-firmware:firmware": { "running-version": "1.4.2" },
        "sidgate-building:room": { temperature: "21.40", battery: 2910, alarm: "low-battery frost", mode: "comfort" },
      }),
    }),
    report(1, 100, {
      samples: [
        { at: atSecond(40), data: room("21.50") },
        { at: atSecond(70), data: room("21.60") },
      ],
      data: room("21.70"),
      state: "awake",
    }),
    { type: "datastore.edited", at: atSecond(101), root: nodeId(1), patch: REPLY, revision: 17, actor: "mqtt:bms-1" },
    { type: "datastore.edited", at: atSecond(102), root: "gateway", patch: REPLY, actor: "coap:lab" },
    report(1, 103, { applied: 17 }),
    { type: "node.reachability", at: atSecond(2000), node: nodeId(2), from: "unknown", to: "overdue", missedWakes: 1 },
    {
      type: "image.added",
      at: atSecond(2001),
      digest: DIGEST,
      id: "ab12",
      size: 131_072,
      model: "acme-trv2",
      version: "1.5.0",
      name: "acme-trv2-1.5.0.bin",
      verified: "lab",
      actor: "cli:root",
    },
    {
      type: "campaign.created",
      at: atSecond(2002),
      campaign: CAMPAIGN,
      name: "TRV 1.5.0",
      image: DIGEST,
      targets: [nodeId(1), nodeId(2)],
      excluded: [{ node: nodeId(3), reason: "already-installed" }],
      stopAtPct: 60,
      silentAfter: 3,
      actor: "cli:root",
    },
    phase(1, "queued", "offered", 2003),
    { ...phase(1, "offered", "downloading", 2004), received: 64 } as NewFact,
    report(1, 2005, { data: data({ "sidgate-firmware:firmware": { phase: "downloading", received: 20_480 } }) }),
    { ...phase(1, "downloading", "downloading", 2006), received: 40_960 } as NewFact,
    phase(1, "downloading", "done", 2007),
    { ...phase(2, "queued", "queued", 2008), silent: true } as NewFact,
    {
      type: "campaign.state",
      at: atSecond(2009),
      campaign: CAMPAIGN,
      from: "running",
      to: "done",
      reason: "all targets decided",
      actor: "system",
    },
    {
      type: "command.done",
      at: atSecond(2010),
      id: "01JD7QAAA1",
      op: "image.add",
      actor: "cli:root",
      outcome: "failed",
      answer: JSON.stringify({ status: "failed", error: { code: "image.empty", text: "", hint: "" } }),
    },
    {
      type: "credential.added",
      at: atSecond(2010),
      credential: "c-0001",
      node: nodeId(1),
      name: "room-1",
      kid: Uint8Array.of(1),
      sealed: Uint8Array.of(1, 2, 3),
      actor: "cli:root",
    },
    {
      type: "credential.removed",
      at: atSecond(2010),
      credential: "c-0001",
      node: nodeId(1),
      name: "room-1",
      actor: "cli:root",
    },
    {
      type: "directory.registered",
      at: atSecond(2010),
      registration: "4521",
      endpoint: "room-1",
      owner: `node:${nodeId(1)}`,
      base: "coap://[2001:db8::1]",
      lifetime: 90_000,
      links: "</c>;rt=core.c.ds",
    },
    { type: "directory.renewed", at: atSecond(2010), registration: "4521", lifetime: 90_000 },
    { type: "directory.removed", at: atSecond(2010), registration: "4521", endpoint: "room-1", reason: "expired" },
    {
      type: "node.notified",
      at: atSecond(2010),
      node: nodeId(1),
      notifications: new Uint8Array(
        encodeInstances([alarm(schema, { cleared: "frost" }), alarm(schema, { raised: "window-open" })], schema),
      ),
    },
    { type: "models.changed", at: atSecond(2010), checksum: Uint8Array.of(0, 1, 2, 3, 4, 5, 6, 7) },
    { type: "models.changed", at: atSecond(2010), set: "building-2", checksum: Uint8Array.of(7, 6, 5, 4, 3, 2, 1, 0) },
    {
      type: "image.named",
      at: atSecond(2011),
      uri: "coap://author.example/room-sensor/1.3.0",
      digest: "ab".repeat(32),
      size: 40_960,
      model: "room-sensor",
      version: "1.3.0",
      name: "room-sensor-1.3.0.bin",
      verified: "manifest",
      actor: "cli:root",
    },
    {
      type: "node.read",
      at: atSecond(2011),
      node: nodeId(2),
      data: data({ "sidgate-building:room": { temperature: "20.50", humidity: 41 } }),
    },
    {
      type: "node.read",
      at: atSecond(2011),
      node: nodeId(2),
      data: room("20.60"),
      gone: new Uint8Array(encodeIdentifiers([{ sid: 60203, keys: [] }], schema)), // humidity
      visit: true,
    },
    {
      type: "node.models",
      at: atSecond(2011),
      node: nodeId(1),
      set: "building-2",
      pending: 0,
      checksum: Uint8Array.of(7),
      actor: "cli:root",
    },
    { type: "image.removed", at: atSecond(2011), digest: "ab".repeat(32), actor: "cli:root" },
    {
      type: "datastore.edited",
      at: atSecond(2011),
      root: nodeId(1),
      patch: REPLY,
      revision: 18,
      pending: 2,
      parts: [{ supersedes: [16] }],
      actor: "mqtt:bms-1",
    },
    {
      type: "edit.state",
      at: atSecond(2011),
      node: nodeId(1),
      to: "delivered",
      edits: [
        { revision: 17, path: "/sidgate-building:room/set-point" },
        { revision: 18, path: "/sidgate-building:room/mode" },
      ],
    },
    {
      type: "edit.state",
      at: atSecond(2011),
      node: nodeId(1),
      to: "rejected",
      edits: [{ revision: 18, path: "/sidgate-building:room/mode" }],
      reason: "not-in-range",
      pending: 1,
    },
    {
      type: "edit.trial",
      at: atSecond(2011),
      node: nodeId(1),
      revision: 17,
      outcome: "reverted",
      reason: "the node missed a wake",
    },
    {
      type: "node.replaced",
      at: atSecond(2011),
      node: nodeId(1),
      endpoint: "trv-9",
      former: "trv-1",
      actor: "cli:root",
    },
    {
      type: "clock.state",
      at: atSecond(2011),
      synchronised: true,
      why: "told",
      step: millis(86_400_000),
      since: atSecond(2000),
    },
    {
      type: "trust.anchor-added",
      at: atSecond(2011),
      anchor: "0a".repeat(32),
      name: "acme",
      key: Uint8Array.of(0xa1, 0x01, 0x02),
      rights: { vendors: ["fa6b4a53d5ad5fdfbe9de663e4d41ffe"] },
      actor: "cli:root",
    },
    {
      type: "trust.threshold",
      at: atSecond(2011),
      vendor: "fa6b4a53d5ad5fdfbe9de663e4d41ffe",
      k: 1,
      actor: "cli:root",
    },
    {
      type: "release.accepted",
      at: atSecond(2011),
      release: "5c".repeat(32),
      envelope: Uint8Array.of(0xd8, 0x6b, 0xa0),
      sequence: "18446744073709551615",
      signers: ["0a".repeat(32)],
      vendors: ["fa6b4a53d5ad5fdfbe9de663e4d41ffe"],
      classes: ["1492af1425695e48bf429b2d51f2ab45"],
      components: [["00"]],
      payloads: [{ digest: "cd".repeat(32), size: 40_960, uri: "#image" }],
      model: "room-sensor",
      version: "1.4.0",
      actor: "cli:root",
    },
    {
      type: "release.marks",
      at: atSecond(2011),
      marks: [{ name: `1492/00/${"0a".repeat(32)}`, sequence: "7", release: "5c".repeat(32) }],
    },
    { type: "release.withdrawn", at: atSecond(2011), release: "5c".repeat(32), reason: "revoked", actor: "cli:root" },
    { type: "trust.anchor-removed", at: atSecond(2011), anchor: "0a".repeat(32), name: "acme", actor: "cli:root" },
    { type: "node.removed", at: millis(atSecond(2011) + 500), node: nodeId(1), actor: "cli:root" },
  ];
}
