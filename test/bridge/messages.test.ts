/** Topics, outbox rows and MQTT 5 properties. */
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import {
  decodeMessage,
  encodeMessage,
  jsonBytes,
  type Message,
  messageOf,
  propertiesOf,
} from "../../cloud-bridge/mqtt/outbox/message.ts";
import { topicOf } from "../../cloud-bridge/mqtt/outbox/topics.ts";
import { ulid } from "../../cloud-bridge/mqtt/render/ulid.ts";
import { BugError, type Millis, UsageError } from "../../gateway/base/index.ts";

const codeOf = (run: () => unknown): string | undefined => {
  try {
    run();
  } catch (error) {
    return error instanceof UsageError || error instanceof BugError ? error.code : "other";
  }
  return undefined;
};

describe("topics", () => {
  test("are filled from the table", () => {
    expect(topicOf("nodeData", { site: "s-5kq2", node: "n-4k7q2m", module: "ietf-hardware" })).toBe(
      "sidgate/1/s-5kq2/n/n-4k7q2m/data/ietf-hardware",
    );
  });

  test.each([
    ["a wildcard for one level", "a+b"],
    ["a wildcard for the rest", "ab#"],
    ["a level of its own", "a/b"],
    ["a system topic", "$SYS"],
    ["NUL", "ab\0"],
    ["upper case", "Site"],
    ["too short", "ab"],
    ["too long", "a".repeat(65)],
    ["nothing", ""],
  ])("refuse %s as an id", (_name, site) => {
    expect(codeOf(() => topicOf("siteBirth", { site }))).toBe("mqtt.topic");
  });

  test("refuse a whole topic of more than 256 bytes", () => {
    const id = "a".repeat(64);
    expect(codeOf(() => topicOf("nodeData", { site: id, node: id, module: "m".repeat(128) }))).toBe("mqtt.topic");
  });
});

describe("outbox rows", () => {
  test("give the message back", () => {
    fc.assert(
      fc.property(
        fc.constantFrom("event", "nodeState", "campaign"),
        fc.nat(),
        fc.uint8Array(),
        (kind, seq, payload) => {
          const message = { kind, topic: "sidgate/1/s-5kq2/x", seq, payload } as Message;
          const decoded = decodeMessage(encodeMessage(message));
          expect({ ...decoded, payload: Uint8Array.from(decoded.payload) }).toEqual(message);
        },
      ),
    );
  });

  test.each([
    ["no header", "{}"],
    ["an unknown kind", "what 1 sidgate/1\n{}"],
    ["nothing", ""],
  ])("refuse %s", (_name, row) => {
    expect(codeOf(() => decodeMessage(Buffer.from(row)))).toBe("bridge.bug");
  });
});

describe("MQTT 5 properties", () => {
  test("of an event are CloudEvents in binary mode", () => {
    const event = messageOf("event", { site: "s-5kq2" }, 7, {
      seq: "7",
      "prev-seq": "5",
      epoch: 3,
      id: "01JD7Q9F6K",
      time: "2026-11-21T13:00:03Z",
      observed: "2026-11-21T13:00:02Z",
      type: "node.removed",
      node: "n-4k7q2m",
      actor: "cli:root",
      hash: null,
      prev: null,
    });
    expect(propertiesOf(event)).toEqual({
      contentType: "application/json",
      user: {
        specversion: "1.0",
        type: "sidgate.node.removed",
        source: "sidgate/1/s-5kq2",
        subject: "n-4k7q2m",
        id: "01JD7Q9F6K",
        time: "2026-11-21T13:00:03Z",
        seq: "7",
        epoch: "3",
        observed: "2026-11-21T13:00:02Z",
      },
    });
  });

  test("of data repeat what the payload says of itself", () => {
    const parts = { site: "s-5kq2", node: "n-4k7q2m", module: "ietf-hardware" };
    const meta = { seq: "7", epoch: 3, observed: "2026-11-21T13:00:02Z" };
    expect(propertiesOf(messageOf("nodeData", parts, 7, { "sidgate-mqtt:meta": meta }))).toEqual({
      contentType: "application/yang-data+json",
      user: { seq: "7", epoch: "3", observed: "2026-11-21T13:00:02Z" },
    });
  });

  test("let health expire after three intervals", () => {
    expect(
      propertiesOf({ kind: "health", topic: "sidgate/1/s-5kq2/health", seq: 0, payload: jsonBytes({}) }),
    ).toMatchObject({ expirySeconds: 180 });
  });
});

// The specification's own example time; the entropy is all ones.
test("a ULID is time, then entropy, in Crockford's base 32", () => {
  expect(ulid(1469918176385 as Millis, new Uint8Array(10).fill(0xff))).toBe("01ARYZ6S41ZZZZZZZZZZZZZZZZ");
  expect(ulid(0 as Millis, new Uint8Array(10))).toBe("0".repeat(26));
});
