/** `sidgate doctor` (docs/doctor.md): from facts to sentences, and against real brokers. */
import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { createServer as createTcp } from "node:net";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "@jest/globals";
import { type BrokerFacts, lookAtBroker, type TopicFacts } from "../../cloud-bridge/app/index.ts";
import { openEmbeddedBroker } from "../../cloud-bridge/mqtt/index.ts";
import { brokerFindings } from "../../gateway/app/doctor/broker.ts";
import type { Finding } from "../../gateway/app/doctor/finding.ts";
import { gatewayFindings, redisFindings } from "../../gateway/app/doctor/gateway.ts";
import { doctor } from "../../gateway/app/doctor/index.ts";
import { clockFindings, folderFindings, portFindings } from "../../gateway/app/doctor/machine.ts";
import { openStartingDoor } from "../../gateway/app/home/starting-door.ts";
import {
  days,
  ERRORS,
  type ErrorCode,
  Lifecycle,
  millis,
  SILENT,
  StoreError,
  systemClock,
} from "../../gateway/base/index.ts";
import { controlSocketPath, openDataFolder } from "../../gateway/store/index.ts";
import { temporaryFolders } from "../store/temporary-folder.ts";
import { freePort, hasMosquitto, startMosquitto, subscribe } from "../support/bridge-mosquitto.ts";

const folder = temporaryFolders();
let parts = new Lifecycle();
afterEach(async () => {
  await parts.close();
  parts = new Lifecycle();
});

/** For what is known not to come, from a broker beside us. */
const BRIEF = { first: millis(400), answer: millis(400) };
const codes = (findings: readonly Finding[]): readonly (string | undefined)[] =>
  findings.filter(({ verdict }) => verdict === "wrong").map(({ code }) => code);
const verdicts = (findings: readonly Finding[]): string => findings.map(({ verdict }) => verdict).join(" ");

describe("docs/mqtt.md, The broker: what the probe saw becomes findings", () => {
  const NOW = millis(Date.UTC(2026, 10, 22));
  const VIEW = { embedded: false, encrypted: true, exposed: false, username: "s-5kq2", now: NOW };
  const GOOD: TopicFacts = {
    prefix: "sidgate/1/s-5kq2/probe/ab/",
    echo: true,
    user: true,
    response: true,
    expiry: true,
    shared: true,
    retained: true,
    expires: true,
    will: millis(2000),
    large: true,
    birth: true,
  };
  const tls = { version: "TLSv1.3", subject: "broker", issuer: "Town hall", until: millis(NOW + days(300)) };
  const FACTS: BrokerFacts = { url: "mqtts://b.example", reached: true, tls, protocol: 5, limits: {}, topics: GOOD };
  const topics = (changed: { readonly [K in keyof TopicFacts]?: TopicFacts[K] | undefined }): Partial<BrokerFacts> => ({
    topics: { ...GOOD, ...changed } as TopicFacts,
  });
  const url = "mqtts://b.example";
  const ROWS: ReadonlyArray<readonly [name: string, facts: Partial<BrokerFacts>, codes: readonly ErrorCode[]]> = [
    ["all is well", {}, []],
    ["a broker of MQTT 3.1.1", { protocol: 4, ...topics({ expires: undefined, will: millis(5) }) }, []],
    ["a certificate that ends soon", { tls: { ...tls, until: millis(NOW + days(3)) } }, ["doctor.certificate-ends"]],
    ["a certificate of somebody else", { tls: { ...tls, distrust: "SELF_SIGNED_CERT_IN_CHAIN" } }, ["mqtt.tls"]],
    ["a right that is missing, silently", topics({ echo: false }), ["doctor.not-heard"]],
    ["a right that is missing, told", topics({ echo: false, refusal: { code: 0x87, text: "no" } }), ["mqtt.refused"]],
    ["nothing retained", topics({ retained: false }), ["doctor.not-retained"]],
    [
      "a view that may not write",
      { views: [{ setting: "mqtt.alias", topic: "uns/x", came: false }] },
      ["doctor.view-refused"],
    ],
    ["no will", topics({ will: undefined }), ["doctor.no-will"]],
    ["small packets", { limits: { maximumPacketSize: 4096 }, ...topics({ large: false }) }, ["doctor.packet-size"]],
    ["QoS 0 only (MQTT 5.0 §3.2.2.3.4)", { limits: { maximumQos: 0 } }, ["doctor.no-qos"]],
    ["a birth that does not lie there", topics({ birth: false }), ["doctor.birth-missing"]],
    ["what MQTT 5 adds gets lost: the payload has it too", topics({ user: false, response: false, expiry: false }), []],
  ];
  test.each(ROWS)("%s", (_name, changed, expected) => {
    const facts = { ...FACTS, ...changed };
    const seen = facts.tls?.distrust === undefined ? facts : { url, reached: true, tls: facts.tls };
    expect(codes(brokerFindings(seen, VIEW))).toEqual(expected);
  });

  test("what kept the probe from going on is told in the words of the bridge", () => {
    const failure = new StoreError("mqtt.denied", { url, reason: "Not authorized" });
    expect(codes(brokerFindings({ url, reached: true, tls, failure }, VIEW))).toEqual(["mqtt.denied"]);
    expect(codes(brokerFindings({ url, reached: false, failure }, { ...VIEW, embedded: true }))).toEqual([
      "doctor.no-broker",
      "mqtt.denied",
    ]);
  });

  test("a plain line is wrong where others can read it", () => {
    const plain: BrokerFacts = { url: "mqtt://b.example", reached: true };
    expect(codes(brokerFindings(plain, { ...VIEW, encrypted: false, exposed: true }))).toEqual(["doctor.plain-line"]);
    expect(
      verdicts(
        brokerFindings({ ...plain, url: "mqtt://localhost" }, { ...VIEW, encrypted: false, username: undefined }),
      ),
    ).toBe("right right note");
  });
});

describe("the machine, the gateway and Redis become findings", () => {
  const at = { folder: "/d", exists: true, free: 1e9, needed: 1e6 };
  test.each([
    ["a folder with room", folderFindings(at), []],
    ["a folder that cannot be written", folderFindings({ ...at, refused: "EACCES" }), ["store.folder"]],
    ["a disk that is nearly full", folderFindings({ ...at, free: 10 }), ["store.no-space"]],
    ["a disk that counts nothing", folderFindings({ folder: "/d", exists: false, needed: 1 }), []],
    ["a clock in 1970", clockFindings("auto", millis(0), undefined), ["doctor.clock"]],
    [
      "a time service without a server",
      clockFindings("auto", millis(Date.UTC(2026, 1)), { by: "chrony", synchronised: false }),
      ["doctor.clock"],
    ],
    ["a clock that is set by hand", clockFindings("yes", millis(0), undefined), []],
    [
      "a port of others",
      portFindings([{ what: "CoAP", address: "[::]:5683", key: "coap.listen", refused: "EADDRINUSE" }]),
      ["port.taken"],
    ],
    [
      "an address of others",
      portFindings([{ what: "CoAP", address: "192.0.2.1:5683", key: "coap.listen", refused: "EADDRNOTAVAIL" }]),
      ["port.refused"],
    ],
    [
      "a Redis as docs/redis.md has it",
      redisFindings({ url: "r", version: "7.0.1", risks: [], silent: false, sites: ["s-1"] }),
      [],
    ],
    [
      "a Redis that keeps nothing",
      redisFindings({ url: "r", version: "6.0.9", risks: ["It keeps nothing."], silent: false, sites: [] }),
      ["doctor.redis-old", "doctor.redis-risk"],
    ],
    ["no gateway yet", gatewayFindings({ runs: false, folder: "/d" }), []],
  ] as const)("%s", (_name, findings, expected) => expect(codes(findings)).toEqual(expected));

  test("nothing tells whether the clock is right: a note", () => {
    expect(verdicts(clockFindings("auto", millis(Date.UTC(2026, 1)), undefined))).toBe("note");
  });
});

describe("a broker, looked at", () => {
  /** Mosquitto gives up root before it reads its files. */
  const shown = (place: string): string => {
    chmodSync(place, 0o755);
    return place;
  };
  const look = (url: string, more: { readonly protocol?: 4 | 5 } & Pick<Asked, "patience" | "views"> = {}) => {
    const { protocol, patience, views } = more;
    const broker = { url, username: "s-5kq2", ...(protocol === undefined ? {} : { protocol }) };
    return lookAtBroker({
      ...{ broker, site: "s-5kq2", tag: "ab12", expectBirth: patience !== undefined, clock: systemClock() },
      ...{ patience, views },
    });
  };
  type Asked = Parameters<typeof lookAtBroker>[0];

  test("MQTT 3.1.1, the embedded one: what it does, and that it has no shared subscriptions", async () => {
    const { url } = parts.add(await openEmbeddedBroker(0));
    const { topics, ...facts } = await look(url, { protocol: 4, patience: BRIEF });
    expect(facts).toEqual({ url, reached: true, protocol: 4, limits: {}, views: [] });
    expect(topics).toMatchObject({ echo: true, retained: true, large: true, shared: false, birth: false });
    expect(topics?.will).toBeDefined();
  }, 15_000);

  test("nobody there, and somebody who hangs up", async () => {
    const silent = createTcp((socket) => socket.destroy()).listen(0, "127.0.0.1");
    parts.add({ close: async () => void silent.close() });
    await new Promise((listening) => silent.once("listening", listening));
    const { port } = silent.address() as { port: number };
    expect((await look(`mqtt://127.0.0.1:${await freePort()}`)).failure?.code).toBe("mqtt.unreachable");
    expect(await look(`mqtt://127.0.0.1:${port}`)).toMatchObject({ reached: true, failure: { code: "mqtt.protocol" } });
    expect(await look(`mqtts://127.0.0.1:${port}`)).toMatchObject({ reached: true, failure: { code: "mqtt.port" } });
  });

  (hasMosquitto ? test : test.skip)(
    "MQTT 5, Mosquitto (needs mosquitto): all of it, and no trace is left",
    async () => {
      const { url, port } = parts.add(await startMosquitto());
      const watching = parts.add(await subscribe(port, "sidgate/#", "5"));
      const { topics, name, protocol } = await look(url);
      expect({ protocol, name }).toEqual({ protocol: 5, name: expect.stringContaining("mosquitto") });
      const all = { echo: true, user: true, response: true, expiry: true, shared: true, retained: true, expires: true };
      expect(topics).toMatchObject({ ...all, large: true });
      expect(topics?.will).toBeGreaterThan(900);
      const later = parts.add(await subscribe(port, "#", "311"));
      expect(later.lines.filter(({ topic }) => topic.startsWith("sidgate/"))).toEqual([]);
      expect(watching.lines.every(({ topic }) => topic.startsWith("sidgate/1/s-5kq2/probe/ab12/"))).toBe(true);
    },
    20_000,
  );

  (hasMosquitto ? test : test.skip)(
    "an access list without reading says nothing of it (needs mosquitto)",
    async () => {
      const list = join(shown(folder()), "acl");
      writeFileSync(list, "pattern write sidgate/1/%u/#\n");
      const { url } = parts.add(await startMosquitto({ extra: [`acl_file ${list}`] }));
      const view = { embedded: false, encrypted: false, exposed: false, username: "s-5kq2", now: millis(0) };
      expect(codes(brokerFindings(await look(url, { patience: BRIEF }), view))).toEqual(["doctor.not-heard"]);
    },
    15_000,
  );

  const VIEWS = {
    views: ["home-assistant", "sparkplug"] as const,
    sparkplug: { group: "plant" },
    alias: "uns/{model}/{endpoint}",
  };
  (hasMosquitto ? test : test.skip)(
    "docs/mqtt.md, Views: a line of the access list that one of them lacks (needs mosquitto)",
    async () => {
      const list = join(shown(folder()), "acl");
      writeFileSync(list, "pattern readwrite sidgate/1/%u/#\npattern readwrite spBv1.0/+/+/%u/#\n");
      const { url } = parts.add(await startMosquitto({ extra: [`acl_file ${list}`] }));
      const { views } = await look(url, { protocol: 4, patience: BRIEF, views: VIEWS });
      expect(views).toMatchObject([
        { topic: "homeassistant/device/sidgate_s-5kq2_probe-ab12/config", came: false },
        { topic: "spBv1.0/plant/DCMD/s-5kq2/probe-ab12", came: true },
        { topic: "uns/probe-ab12/probe-ab12/state", setting: "mqtt.alias", came: false },
      ]);
    },
    15_000,
  );

  const hasTls = hasMosquitto && existsSync("/usr/bin/openssl");
  (hasTls ? test : test.skip)(
    "a certificate that is not believed gets no password (needs mosquitto, openssl)",
    async () => {
      const at = (name: string): string => join(place, name);
      const place = shown(folder());
      const subject = ["-subj", "/CN=plant room", "-addext", "subjectAltName=DNS:elsewhere.example", "-days", "20"];
      const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", at("key.pem")];
      execFileSync("openssl", ["req", "-x509", ...key, ...subject, "-out", at("cert.pem")], { stdio: "ignore" });
      chmodSync(at("key.pem"), 0o644);
      const { port } = parts.add(
        await startMosquitto({ extra: [`certfile ${at("cert.pem")}`, `keyfile ${at("key.pem")}`] }),
      );
      const facts = await look(`mqtts://localhost:${port}`);
      expect(facts).toMatchObject({ reached: true, tls: { subject: "plant room", issuer: "plant room" } });
      expect(facts.tls?.distrust).toMatch(/SELF_SIGNED/);
      expect(facts.protocol).toBeUndefined();
    },
    15_000,
  );
});

describe("sidgate doctor", () => {
  async function run(config: string, env: NodeJS.ProcessEnv = {}) {
    const place = folder();
    const path = join(place, "site.yaml");
    writeFileSync(path, config.replaceAll("PLACE", place));
    let out = "";
    const options = { config: path, json: true };
    const print = (text: string): void => {
      out += text;
    };
    const code = await doctor(options, { env, print, patience: BRIEF });
    const { sections, wrong } = JSON.parse(out) as {
      sections: Array<{ title: string; findings: Finding[] }>;
      wrong: number;
    };
    const of = (title: string): readonly Finding[] =>
      sections.find((section) => section.title === title)?.findings ?? [];
    return { code, wrong, all: sections.flatMap(({ findings }) => findings), of };
  }
  const PORTS = "coap: { listen: ['127.0.0.1:0'], lab: off }\nadmin: { listen: '127.0.0.1:0' }\n";

  test("before the first start: the site has no id, so nobody signs in, and nothing is made", async () => {
    const { url } = parts.add(await openEmbeddedBroker(0));
    const { code, all, of } = await run(
      `data: PLACE/data\n${PORTS}clock: { synchronised: yes }\nmqtt: { url: "${url}" }\n`,
    );
    expect({ code, wrong: codes(all) }).toEqual({ code: 0, wrong: [] });
    expect(of("MQTT broker").at(-1)).toMatchObject({ verdict: "note" });
  });

  test("without a configuration it says so, and each fault has its code and its hint from the one table", async () => {
    const { code, wrong, all } = await run("", {});
    expect(code).toBe(1);
    expect(codes(all)).toEqual(expect.arrayContaining(["doctor.no-config", "doctor.no-broker"]));
    for (const { code: found, hint } of all.filter(({ verdict }) => verdict === "wrong")) {
      expect(Object.keys(ERRORS)).toContain(found);
      expect(hint).not.toBe("");
    }
    expect(wrong).toBe(codes(all).length);
  });

  test("beside a gateway that runs: its notices, its own ports, and its site at the broker", async () => {
    const { url } = parts.add(await openEmbeddedBroker(0));
    const place = folder();
    mkdirSync(join(place, "data"));
    const status = {
      version: "0.9.0",
      site: "s-5kq2",
      listening: [{ what: "CoAP", address: "127.0.0.1:5683" }],
      notices: ["3 nodes of 4 without credentials, and not heard: rekey them."],
      broker: { kind: "configured", url, connected: false, queued: 7 },
    };
    const control = createServer((_request, answer) => answer.end(JSON.stringify(status)));
    control.listen(controlSocketPath(join(place, "data")));
    parts.add({ close: async () => void control.close() });
    const { code, all, of } = await run(
      `data: ${place}/data\n${PORTS}clock: { synchronised: yes }\nmqtt: { url: "${url}" }\n`,
    );
    expect({ code, wrong: codes(all) }).toEqual({ code: 1, wrong: ["doctor.not-connected", "doctor.notice"] });
    expect(of("Machine").every(({ text }) => !text.includes("listen"))).toBe(true);
    expect(of("MQTT broker").some(({ text }) => text.includes("sidgate/1/s-5kq2/"))).toBe(true);
  }, 15_000);

  test("beside a gateway that waits for its Redis: in its own words, and the site of the folder is not made", async () => {
    const place = join(folder(), "data");
    const told: string[] = [];
    const log = { ...SILENT, info: (event: string) => void told.push(event) };
    const { control } = parts.add(await openDataFolder(place, log, { inRedis: true }));
    const door = openStartingDoor(control);
    door.waits("Redis", "Redis at redis://r does not answer: ECONNREFUSED");
    const { all } = await run(
      `data: ${place}\n${PORTS}clock: { synchronised: yes }\nmqtt: { url: "mqtt://127.0.0.1:1" }\n`,
    );
    expect(codes(all)).toEqual(["gateway.waits", "mqtt.unreachable"]);
    expect(told).toEqual(["data.process-made"]);
    door.close();
  });

  test("a data folder below a file: once, and with the file", async () => {
    const file = join(folder(), "file");
    writeFileSync(file, "");
    const { all } = await run(
      `data: ${file}/a/b\n${PORTS}clock: { synchronised: yes }\nmqtt: { url: "mqtt://127.0.0.1:1" }\n`,
    );
    expect(codes(all)).toEqual(["store.folder", "mqtt.unreachable"]);
    expect(all.some(({ text }) => text.includes(`${file} is a file`))).toBe(true);
  });

  (process.getuid?.() === 0 ? test.skip : test)(
    "as another user than the gateway's (needs not to be root): that alone is wrong",
    async () => {
      const place = folder();
      chmodSync(place, 0);
      const { all, of } = await run(
        `data: ${place}\ncoap: { lab: off }\nclock: { synchronised: yes }\nmqtt: { url: "mqtt://127.0.0.1:1" }\n`,
      );
      chmodSync(place, 0o700);
      expect(codes(all)).toEqual(["cli.not-permitted", "mqtt.unreachable"]);
      expect(of("Machine")[0]?.verdict).toBe("note");
    },
  );
});
