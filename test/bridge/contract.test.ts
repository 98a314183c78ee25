/**
 * docs/mqtt.md and the documents beside it: what we send and what the manual shows is what the schemas say, and the documents are
 * what their own judges call valid.
 */
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import fastify from "fastify";
import { asyncApi, METRICS, metricsText, schemas } from "../../cloud-bridge/mqtt/contract/index.ts";
import { COMMAND_MESSAGES, schemaOf } from "../../cloud-bridge/mqtt/contract/json-schema.ts";
import {
  EVENT_MESSAGES,
  type MessageRow,
  REPLY_MESSAGES,
  TOPIC_TEXTS,
} from "../../cloud-bridge/mqtt/contract/messages.ts";
import { type Message, parsePayload } from "../../cloud-bridge/mqtt/outbox/message.ts";
import { TOPICS, type TopicName } from "../../cloud-bridge/mqtt/outbox/topics.ts";
import {
  onlineStatus,
  type ProcessRun,
  shutdownStatus,
  siteBirth,
  siteHealth,
  willStatus,
} from "../../cloud-bridge/mqtt/render/site.ts";
import { addDocuments } from "../../gateway/admin/api/documents.ts";
import { cloudDocuments } from "../../gateway/app/cloud/documents.ts";
import type { JsonObject } from "../../gateway/yang/index.ts";
import { atSecond, SITE } from "../support/bridge-site.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const read = (...path: readonly string[]): string => readFileSync(join(ROOT, ...path), "utf8");

const MESSAGES: readonly MessageRow[] = [
  ...Object.values(TOPIC_TEXTS).flatMap(({ messages }) => messages),
  ...COMMAND_MESSAGES,
];

const ajv = addFormats.default(new Ajv2020({ allErrors: true, allowUnionTypes: true, strictTypes: false }));
const judges = new Map<string, (value: unknown) => readonly string[]>();

/** What is wrong with a message, by its schema without room for what is not named. */
function faults(name: string, value: unknown): readonly string[] {
  const row = MESSAGES.find((each) => each.name === name);
  if (row === undefined) return [`there is no message '${name}'`];
  const judge = judges.get(name) ?? judgeOf(schemaOf(row.shape, "closed"));
  judges.set(name, judge);
  return judge(value);
}

function judgeOf(schema: JsonObject): (value: unknown) => readonly string[] {
  const validate = ajv.compile(schema);
  return (value) =>
    validate(value)
      ? []
      : (validate.errors ?? []).map(
          ({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`,
        );
}

/** Which row of the contract a payload on this topic is to follow. */
function nameOf(kind: TopicName, payload: JsonObject): string {
  if (kind === "event") return `event-${String(payload["type"]).replace(".", "-")}`;
  if (kind === "reply") return `reply-${String(payload["status"])}`;
  return TOPIC_TEXTS[kind].messages[0]?.name ?? kind;
}
const PATTERNS = (Object.keys(TOPICS) as TopicName[]).map(
  (kind) => [kind, new RegExp(`^${TOPICS[kind].pattern.replace(/\{\w+\}/g, "[^/]+")}$`)] as const,
);
const kindOf = (topic: string): TopicName | undefined => PATTERNS.find(([, pattern]) => pattern.test(topic))?.[0];

const told = read("test", "bridge", "golden", "story.txt")
  .split("\n")
  .flatMap((line) => {
    const [, topic, payload] = /^(sidgate\S+) (\{.*)$/.exec(line) ?? [];
    const kind = topic === undefined ? undefined : kindOf(topic);
    return payload === undefined || kind === undefined ? [] : [{ kind, payload: JSON.parse(payload) as JsonObject }];
  });

describe("what is sent", () => {
  test("in the golden story is what the contract says, and nothing else", () => {
    const wrong = told.flatMap(({ kind, payload }) =>
      faults(nameOf(kind, payload), payload).map((fault) => [kind, fault, payload]),
    );
    expect(wrong).toEqual([]);
    expect(told.length).toBeGreaterThan(60);
  });

  test("in the golden story has every type of event", () => {
    const types = new Set(told.filter(({ kind }) => kind === "event").map(({ payload }) => nameOf("event", payload)));
    expect(EVENT_MESSAGES.map(({ name }) => name).filter((name) => !types.has(name))).toEqual([
      "event-journal-overflow",
    ]);
  });

  const run: ProcessRun = {
    info: SITE,
    roles: ["gateway", "bridge"],
    broker: "configured",
    mode: "lab",
    boot: "01JD7Q4W",
  };
  const ROWS: ReadonlyArray<readonly [title: string, message: Message]> = [
    ["the will", willStatus(run, 2)],
    ["a status", onlineStatus(run, 2, atSecond(1), 7)],
    ["a goodbye", shutdownStatus(run, 2, atSecond(1))],
    [
      "the site's birth",
      siteBirth(SITE, {
        software: { sidgate: "1", node: "20" },
        mqtt: 5,
        nextSeq: 7,
        warnings: ["it is open"],
        library: "6f1c",
      }),
    ],
    [
      "its health",
      siteHealth(SITE, {
        at: atSecond(1),
        nodes: { unknown: 0, awake: 1, asleep: 2, overdue: 0, lost: 0 },
        processes: { "gw-1": { "uptime-s": 1, "rss-mib": 90 } },
        sections: { clock: { synchronised: true, why: "told" } },
        mqtt: { connected: true, journal: 0, latest: 0, oldestSeconds: 0, bytes: 0, filling: false },
      }),
    ],
  ];
  test.each(ROWS)("%s is what the contract says", (_title, { kind, payload }) => {
    const value = parsePayload(payload);
    expect(faults(nameOf(kind, value), value)).toEqual([]);
  });
});

describe("a schema", () => {
  test("would miss a member that nobody described", () => {
    const [first] = told.filter(({ kind }) => kind === "nodeState");
    expect(faults("node-state", { ...first?.payload, mood: "good" })).toEqual([expect.stringContaining("mood")]);
  });

  test.each([...schemas()])("%s is valid JSON Schema 2020-12", (_name, schema) => {
    expect(ajv.validateSchema(schema)).toBe(true);
  });

  test("lets consumers pass over members and event types that they do not know, and holds commands to theirs", () => {
    const published = new Map([...schemas()].map(([name, schema]) => [name, judgeOf(schema)]));
    const judge = (name: string, value: JsonObject): readonly string[] | undefined => published.get(name)?.(value);
    const [state] = told.filter(({ kind }) => kind === "nodeState");
    const [event] = told.filter(({ kind }) => kind === "event");
    expect(judge("node-state", { ...state?.payload, mood: "good" })).toEqual([]);
    expect(judge("event", { ...event?.payload, type: "node.sang", song: "la" })).toEqual([]);
    expect(judge("event", { ...event?.payload, type: "node.joined" })).not.toEqual([]);
    expect(judge("command-rebirth", { id: "1" })).toEqual([]);
    expect(judge("command-rebirth", { id: "1", ids: "2" })).not.toEqual([]);
    expect(judge("command-get", { id: "1" })).not.toEqual([]);
    expect(judge("command-get-gateway", { id: "1" })).toEqual([]);
  });

  test("files lie in docs/mqtt/schemas, one for each and no others", () => {
    const files = readdirSync(join(ROOT, "docs", "mqtt", "schemas")).sort();
    expect(files).toEqual([...schemas().keys()].map((name) => `${name}.json`).sort());
  });
});

describe("docs/mqtt.md", () => {
  /** A fence of several lines that are JSON each, or of one JSON text; answers and events tell themselves what they are. */
  const examples = [...read("docs", "mqtt.md").matchAll(/^ *```json[lc]?(?: ([a-z-]+))?\n([\s\S]*?)^ *```/gm)].flatMap(
    ([fence, name, text = ""]) => {
      const lines = text.trimEnd().split("\n");
      const each = lines.every((line) => line.startsWith("{") && line.endsWith("}")) ? lines : [text];
      return fence.includes("```jsonc") ? [] : each.map((json) => [name ?? "", json] as const);
    },
  );

  test.each(examples)("shows a %s as it is", (name, text) => {
    const value = JSON.parse(text);
    expect(faults(name === "" ? nameOf("status" in value ? "reply" : "event", value) : name, value)).toEqual([]);
  });

  test("has examples", () => {
    expect(examples.length).toBeGreaterThan(5);
  });
});

describe("the AsyncAPI document", () => {
  test("is what the official parser calls valid", () => {
    const script = `
      const { Parser } = require("@asyncapi/parser");
      new Parser().parse(require("fs").readFileSync(0, "utf8")).then(({ document, diagnostics }) => {
        const operations = document === undefined ? 0 : document.operations().length;
        console.log(JSON.stringify({ operations, diagnostics: diagnostics.map(({ code, message, path }) => [code, message, path.join("/")]) }));
      });`;
    const { stdout, stderr } = spawnSync(process.execPath, ["-e", script], {
      cwd: ROOT,
      input: JSON.stringify(asyncApi("s-5kq2")),
      encoding: "utf8",
    });
    expect(stderr).toBe("");
    const { operations, diagnostics } = JSON.parse(stdout);
    // More tools read 3.0.0 than 3.1.0, which has nothing that we need.
    expect(diagnostics.filter(([code]: readonly string[]) => code !== "asyncapi-latest-version")).toEqual([]);
    expect(operations).toBe(Object.keys(asyncApi()["channels"] ?? {}).length);
  }, 120_000);

  test("wants a deadline of a command to a node, and none of the same to the gateway", () => {
    const { channels, components } = asyncApi() as {
      channels: Record<string, { address: string; messages: Record<string, unknown> }>;
      components: { schemas: Record<string, { required?: readonly string[] }> };
    };
    const needs = Object.values(channels).flatMap(({ address, messages }) =>
      Object.keys(messages)
        .filter((name) => /^command-(get|fetch|ipatch|rpc)/.test(name))
        .map((name) => [address, components.schemas[name]?.required?.includes("deadline")] as const),
    );
    expect(needs.length).toBe(16);
    expect(needs.filter(([address, needed]) => needed !== address.includes("/n/{node}/"))).toEqual([]);
  });

  test("of a site has its id filled in", () => {
    const { channels } = asyncApi("s-5kq2") as { channels: Record<string, { parameters: Record<string, unknown> }> };
    const { aliasState, aliasData, ...own } = channels;
    expect(Object.values(own).map(({ parameters }) => parameters["site"])).toEqual(
      Object.keys(own).map(() => expect.objectContaining({ enum: ["s-5kq2"], default: "s-5kq2" })),
    );
    expect([aliasState, aliasData].map((channel) => channel?.parameters["site"])).toEqual([undefined, undefined]);
  });
});

test("sidgate-mqtt.d.ts and the example compile under strict settings", () => {
  const options = [
    "--noEmit",
    "--strict",
    "--exactOptionalPropertyTypes",
    "--noUncheckedIndexedAccess",
    "--skipLibCheck",
    "false",
    "--skipDefaultLibCheck",
    "--lib",
    "es2023",
    "--types",
    "", // neither needs Node's, whose own declarations would take a second
  ];
  const modules = ["--module", "nodenext", "--target", "es2023", "--allowImportingTsExtensions", "--ignoreConfig"];
  const files = ["sidgate-mqtt.d.ts", "history.ts"].map((name) => join("docs", "mqtt", name));
  const { stdout, status } = spawnSync(
    process.execPath,
    [join("node_modules", "typescript", "bin", "tsc"), ...options, ...modules, ...files],
    { cwd: ROOT, encoding: "utf8" },
  );
  expect([stdout, status]).toEqual(["", 0]);
});

test("every reply has its row", () => {
  expect(REPLY_MESSAGES.map(({ name }) => name)).toEqual(
    ["accepted", "completed", "failed", "expired"].map((status) => `reply-${status}`),
  );
});

const STATS = {
  connected: true,
  protocol: "5",
  connections: 1,
  published: 10,
  rendered: 41,
  journalDepth: 2,
  latestDepth: 3,
  oldestSeconds: 4,
  outboxBytes: 500,
  outboxLimit: 1000,
  outboxFilling: false,
  refused: undefined,
} as const;

test("the metrics have the Prometheus text format, each with its help and kind", () => {
  const text = metricsText(STATS);
  expect([...text.matchAll(/^# TYPE (\S+) /gm)].map(([, name]) => name)).toEqual(Object.keys(METRICS));
  expect(text).toContain('sidgate_mqtt_outbox_depth{class="journal"} 2\nsidgate_mqtt_outbox_depth{class="latest"} 3\n');
  for (const line of text.trimEnd().split("\n"))
    expect(line).toMatch(/^(# (HELP|TYPE) \S+ .+|[a-z_]+(\{[a-z]+="[a-z]+"\})? [0-9.]+)$/);
});

describe("the admin API", () => {
  const ROWS: ReadonlyArray<readonly [path: string, status: number, type: string, part: string]> = [
    ["/api/asyncapi.json", 200, "application/json", '"s-5kq2"'],
    ["/api/mqtt/node-state.json", 200, "application/schema+json", '"$id":"https://sidgate.dev/mqtt/1/node-state.json"'],
    ["/api/mqtt/node-mood.json", 500, "application/json", "admin.unknown-route"],
    ["/metrics", 200, "text/plain; version=0.0.4", "sidgate_event_seq 41"],
  ];
  test.each(ROWS)("%s", async (path, status, type, part) => {
    const app = fastify();
    addDocuments(app, cloudDocuments("s-5kq2", { stats: () => STATS }));
    const answer = await app.inject(path);
    expect([answer.statusCode, answer.headers["content-type"]]).toEqual([status, `${type}; charset=utf-8`]);
    expect(answer.body).toContain(part);
  });
});
