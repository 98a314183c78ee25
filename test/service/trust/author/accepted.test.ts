/** What authors make here, gateways believe and nodes can run: every template, through the gateway's own judgement. */
import { beforeAll, describe, expect, test } from "@jest/globals";
import { toHex } from "../../../../gateway/base/index.ts";
import {
  createRelease,
  imagesOf,
  openEnvelope,
  readNodeFile,
  readPlan,
  signEnvelope,
  viewOf,
} from "../../../../gateway/service/trust/author/index.ts";
import { authenticateRelease } from "../../../../gateway/service/trust/index.ts";
import { dryRun, programOf } from "../../../../gateway/service/trust/processor/index.ts";
import { newCurveKey } from "../../../../gateway/wire/cose/index.ts";
import { encodeEnvelope, SEVERABLE, sever } from "../../../../gateway/wire/suit/index.ts";
import { digestHex, newSigner, publicHalf } from "../../../support/signed-release.ts";
import { openTrust, type TrustSite } from "../../../support/trust-site.ts";

const AUTHOR = newSigner();
let site: TrustSite;
beforeAll(async () => {
  site = await openTrust();
  await site.desk.add(publicHalf(AUTHOR), "author", {}, "test");
});

const HEAD = "vendor: acme.example\nmodel: valve-2\nname: Valve\nversion: 1.4.2\nsequence: 7\n";
const TEMPLATES: ReadonlyArray<readonly [name: string, plan: string, node: string, fetched: readonly string[]]> = [
  ["secure boot", "components: [{file: one}]", "components: [{file: one}]", []],
  ["one image", "components: [{file: one, uri: coap://a/1}]", "components: [{empty: true}]", ["coap://a/1"]],
  [
    "A/B images, into the second slot",
    "components: [{slots: [{slot: 0, file: one, uri: coap://a/1}, {slot: 1, file: two, uri: coap://a/2}]}]",
    "components: [{slot: 1}]",
    ["coap://a/2"],
  ],
  [
    "external storage and memory",
    "components: [{id: fw, file: one, uri: coap://a/1, staged-in: flash, load-into: ram}]",
    "components: [{id: fw}, {id: flash}, {id: ram}]",
    ["coap://a/1"],
  ],
  [
    "two images, one of them along",
    'components: [{id: a, file: one, uri: coap://a/1}, {id: b, file: two, uri: "#b", integrated: true}]',
    "components: [{id: a}, {id: b}]",
    ["coap://a/1", "#b"],
  ],
  [
    "everything that may hold it back",
    "components: [{file: one, uri: coap://a/1}]\nuse-before: 2100-01-01\nminimum-battery: 500\nupdate-priority: -1",
    "components: [{slot: 0}]\nbattery: 600\nauthorised: true",
    ["coap://a/1"],
  ],
  [
    "SU-F4: an image that only some can read",
    "components: [{id: fw, file: one, uri: coap://a/1, staged-in: flash, encrypt-for: [node], cipher: a128ctr}]",
    "components: [{id: fw}, {id: flash}]",
    ["coap://a/1"],
  ],
  [
    "a release below it",
    "components: [{id: app, file: one, uri: coap://a/1}]\ndependencies: [{file: radio.suit, id: radio.suit}]",
    "components: [{id: app}, {id: radio.suit}, {id: radio}]",
    ["#radio.suit", "coap://r/1", "coap://a/1"],
  ],
  [
    "nothing but releases below it",
    "dependencies: [{file: radio.suit, id: radio.suit, prefix: front}]\nuse-before: 2100-01-01",
    "components: [{id: radio.suit}, {id: front/radio}]",
    ["#radio.suit", "coap://r/1"],
  ],
];

const NODE_KEY = newCurveKey("X25519");
const RADIO = createRelease(
  readPlan(`${HEAD}components: [{id: radio, file: two, uri: coap://r/1}]`, "radio.yaml"),
  new Map([["two", new Uint8Array(Buffer.from("image two"))]]),
  3n,
);
const NAMED = {
  recipients: new Map([["node", publicHalf(NODE_KEY)]]),
  dependencies: new Map([["radio.suit", RADIO.bytes]]),
};

describe.each(TEMPLATES)("%s", (_name, text, nodeText, fetched) => {
  const plan = readPlan(HEAD + text, "plan.yaml");
  const images = new Map(["one", "two"].map((name) => [name, new Uint8Array(Buffer.from(`image ${name}`))]));
  const made = createRelease(plan, images, 7n, NAMED);
  const signed = signEnvelope(made.envelope, { name: "author", key: AUTHOR });

  test("has nothing that its author would have to look at", () => expect(made.findings).toEqual([]));

  test("is believed by a gateway that trusts the author, whole and severed", async () => {
    const plain = plan.components.filter((one) => one["encrypt-for"] === undefined).flatMap(imagesOf);
    const files = [
      ...plain.map(({ file }) => digestHex(images.get(file)!)),
      ...made.ciphertexts.map(({ bytes }) => digestHex(bytes)),
      ...(plan.dependencies.length > 0 ? [digestHex(images.get("two")!)] : []),
    ];
    for (const one of [signed, sever(signed, [SEVERABLE.text])]) {
      const release = await authenticateRelease(encodeEnvelope(one), site.anchors);
      expect(release.warnings).toEqual([]);
      expect(release.release).toBe(toHex(made.envelope.authentication.digest.bytes));
      expect(new Set(release.payloads.map(({ digest }) => digest))).toEqual(new Set(files));
    }
  });

  test("applies to the node that it is for, and to no other", () => {
    const { envelope } = openEnvelope(encodeEnvelope(signed));
    const on = (model: string) => {
      const node = readNodeFile(`vendor: acme.example\nmodel: ${model}\n${nodeText}`, "node.yaml");
      return dryRun(programOf(envelope), viewOf(node, images, 1_800_000_000n));
    };
    const { verdict, courses } = on("valve-2");
    expect([verdict, courses[0]?.fetches.map(({ uri }) => uri)]).toEqual(["applies", fetched]);
    expect(on("valve-3").verdict).toBe("fails");
  });
});
