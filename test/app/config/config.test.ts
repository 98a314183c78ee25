/** The configuration: defaults, every wrong value at its place, the environment, secrets, what `show` gives away. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { afterAll, describe, expect, test } from "@jest/globals";
import { parse } from "yaml";
import {
  type Config,
  ConfigError,
  examineConfig,
  formatFinding,
  hearsUnprotected,
  readConfig,
  SETTING_KEYS,
} from "../../../gateway/app/config/index.ts";
import { renderConfig } from "../../../gateway/app/config/show.ts";
import { parseSubnet } from "../../../gateway/base/subnet.ts";

const folder = mkdtempSync(join(tmpdir(), "sidgate-config-"));
afterAll(() => rmSync(folder, { recursive: true }));

let count = 0;
function file(text: string): string {
  const path = join(folder, `c${++count}.yaml`);
  writeFileSync(path, text);
  return path;
}
const EMPTY = file("");
const findings = (text: string, env = {}): string[] =>
  examineConfig({ path: file(text), env }).findings.map((finding) =>
    formatFinding(finding).replace(/^c\d+\.yaml/, "c.yaml"),
  );

test("an empty file gives the defaults", () => {
  expect(readConfig({ path: EMPTY, env: {} })).toEqual({
    data: "./data",
    site: { name: undefined, timeZone: undefined },
    coap: {
      listen: [{ host: "127.0.0.1", port: 5683 }],
      multicast: [],
      lab: "loopback",
      southbound: [
        "127.0.0.0/8",
        "::1/128",
        "169.254.0.0/16",
        "fe80::/10",
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "fd00::/8",
      ].map(parseSubnet),
      airtime: { networks: "ipv6", routers: [], share: 75, burst: 30_000 },
    },
    discovery: { dnsSd: "auto" },
    security: { keyFile: undefined },
    trust: { mode: "require", nodeMac: "never" },
    upstream: { allowPrivate: "off", ca: undefined },
    mqtt: {
      url: undefined,
      username: undefined,
      password: undefined,
      tls: { ca: undefined, cert: undefined, key: undefined },
      rights: ["*: read, configure, update"],
      identity: "claimed",
      replyPrefixes: [],
      push: [],
      views: [],
      homeAssistant: { prefix: "homeassistant" },
      sparkplug: { group: "sidgate", primaryHost: undefined },
      log: "off",
      outboxBytes: 256 * 2 ** 20,
      replayDays: 7,
      embedded: { port: 1883 },
    },
    store: { redis: undefined, site: undefined },
    admin: { listen: { host: "127.0.0.1", port: 8080 } },
    images: { maxBytes: 16 * 2 ** 20, cacheBytes: 64 * 2 ** 20, delta: "on", deltaCacheBytes: 64 * 1024 * 1024 },
    mailbox: { expireAfter: 2_592_000_000 },
    nodes: { wakeInterval: 900_000, silentAfter: 3 },
    campaign: { stopAtPercent: 15, attempts: 1, downloadWindows: [], applyWindows: [] },
    journal: { keepBytes: 256 * 2 ** 20, keepDays: 7 },
    models: { folders: [] },
    log: { level: "info" },
    clock: { rate: 1, synchronised: "auto" },
  });
});

test("empty sections and empty values mean the defaults", () => {
  expect(readConfig({ path: file("mqtt:\ncoap:\n  lab:\n"), env: {} })).toEqual(readConfig({ path: EMPTY, env: {} }));
});

test("the type of a value follows from the table", () => {
  const config: Config = readConfig({
    path: file("coap: {listen: ['[::1]:0']}\nnodes: {wake-interval: 90s}"),
    env: {},
  });
  const port: number | undefined = config.coap.listen[0]?.port;
  expect([port, config.coap.listen[0]?.host, config.nodes.wakeInterval]).toEqual([0, "::1", 90_000]);
});

type Wrong = readonly [name: string, yaml: string, findings: readonly string[]];
const WRONG: readonly Wrong[] = [
  [
    "an unknown section",
    "campagin:\n  stop-at-percent: 5\n",
    ['c.yaml:1:1 campagin: unknown setting, did you mean "campaign"?'],
  ],
  [
    "an unknown key in a section",
    "mqtt:\n  usrename: me\n",
    ['c.yaml:2:3 mqtt.usrename: unknown setting, did you mean "mqtt.username"?'],
  ],
  ["a key in the wrong section", "level: debug\n", ['c.yaml:1:1 level: unknown setting, did you mean "log.level"?']],
  ["a key that resembles nothing", "colour: red\n", ["c.yaml:1:1 colour: unknown setting"]],
  [
    "a word that is none of the choices",
    "coap:\n  lab: loopbak\n",
    ['c.yaml:2:8 coap.lab: must be "loopback", "on" or "off", did you mean "loopback"?'],
  ],
  [
    "a boolean where a word is wanted",
    "coap:\n  lab: true\n",
    ['c.yaml:2:8 coap.lab: must be "loopback", "on" or "off"'],
  ],
  [
    "an address without the length of its prefix",
    "coap:\n  southbound: [10.0.0.0]\n",
    ["c.yaml:2:16 coap.southbound[0]: must be an address prefix without bits behind it, e.g. 10.0.0.0/8 or fd00::/8"],
  ],
  [
    "a prefix with bits behind it",
    "coap:\n  airtime:\n    routers: ['fd00::/64', 'fd00::1/64']\n",
    [
      "c.yaml:3:28 coap.airtime.routers[1]: must be an address prefix without bits behind it, e.g. 10.0.0.0/8 or fd00::/8",
    ],
  ],
  [
    "a share of nothing",
    "coap: {airtime: {share: 0}}\n",
    ["c.yaml:1:25 coap.airtime.share: must be a whole number from 1 to 100"],
  ],
  [
    "a port too large",
    "mqtt:\n  embedded:\n    port: 70000\n",
    ["c.yaml:3:11 mqtt.embedded.port: must be a whole number from 0 to 65535"],
  ],
  [
    "one wrong item of a list",
    "coap:\n  listen:\n    - 127.0.0.1:5683\n    - nowhere\n",
    ["c.yaml:4:7 coap.listen[1]: must be host:port, e.g. 127.0.0.1:5683 or [::1]:5683"],
  ],
  ["a list where one value is wanted", "data: [a, b]\n", ["c.yaml:1:7 data: must be a path"]],
  [
    "one value where a list is wanted",
    "coap:\n  listen: 127.0.0.1:5683\n",
    ["c.yaml:2:11 coap.listen: must be a list"],
  ],
  ["no address at all", "coap:\n  listen: []\n", ["c.yaml:2:11 coap.listen: must name at least one"]],
  [
    "a duration without unit",
    "nodes:\n  wake-interval: 900\n",
    ["c.yaml:2:18 nodes.wake-interval: must be a duration of at least one second, e.g. 90s, 15m, 12h or 7d"],
  ],
  [
    "a size in words",
    "images:\n  max-bytes: large\n",
    ["c.yaml:2:14 images.max-bytes: must be a size, e.g. 16MiB, 512KiB or a number of bytes"],
  ],
  [
    "a share above all",
    "campaign:\n  stop-at-percent: 101%\n",
    ["c.yaml:2:20 campaign.stop-at-percent: must be a percentage from 0 to 100"],
  ],
  [
    "a URL of another world",
    "mqtt:\n  url: https://broker\n",
    [
      "c.yaml:2:8 mqtt.url: must be the URL of a broker, e.g. mqtt://broker.example:1883 or mqtts://broker.example:8883",
    ],
  ],
  ...["me:secret@", "me@", ":secret@", "@"].map(
    (user) =>
      [
        `a broker's URL with the user '${user}'`,
        `mqtt:\n  url: mqtt://${user}broker\n`,
        ["c.yaml:2:8 mqtt.url: must not hold a user name or password: set mqtt.username and mqtt.password"],
      ] as const,
  ),
  ["a slow clock", "clock:\n  rate: 0.5\n", ["c.yaml:2:9 clock.rate: must be a number from 1 to 10000"]],
  [
    "a value where settings are wanted",
    "mqtt: 5\n",
    [
      "c.yaml:1:7 mqtt: must hold settings: url, username, password, tls, rights, identity, reply-prefixes, push, views, home-assistant, sparkplug, alias, log, outbox-bytes, replay-days, embedded",
    ],
  ],
  [
    "a list as the whole file",
    "- a\n",
    [expect.stringMatching(/^c\.yaml:1:1: must hold settings: data, site, /) as unknown as string],
  ],
  [
    "a secret whose file is missing",
    "mqtt:\n  password: file:/nowhere\n",
    ["c.yaml:2:13 mqtt.password: cannot read the file /nowhere: ENOENT"],
  ],
  [
    "a secret whose variable is missing",
    "mqtt:\n  password: env:NONE\n",
    ["c.yaml:2:13 mqtt.password: the environment has no variable NONE"],
  ],
  [
    "a switch that is none",
    "coap:\n  lab: false\n",
    ['c.yaml:2:8 coap.lab: must be "loopback", "on" or "off", did you mean "off"?'],
  ],
  ["a key given twice", "data: a\ndata: b\n", ["c.yaml:2:1: Map keys must be unique"]],
  [
    "a subscription that goes wrong at its tenth character",
    "mqtt:\n  push:\n    - on-change /a:b\n    - periodic /a:b\n",
    [
      "c.yaml:4:7 mqtt.push[1]: the subscription cannot be read at character 10: '/a:b' stands where a duration of at least one second, e.g. 30s, 15m or 12h, is expected",
    ],
  ],
  ...["home#assistant", "home/+", "$SYS", "a\\0b", "/a", "a".repeat(65)].map(
    (prefix) =>
      [
        `a prefix of topics '${prefix}'`,
        `mqtt:\n  home-assistant: { prefix: "${prefix}" }\n`,
        [expect.stringMatching(/^c\.yaml:2:29 mqtt\.home-assistant\.prefix: cannot stand in a topic: /)],
      ] as unknown as Wrong,
  ),
  [
    "an alias with a place that the gateway does not know",
    "mqtt:\n  alias: uns/{building}/{node}\n",
    [
      "c.yaml:2:10 mqtt.alias: has {building}, which is not known of a node: use {site}, {node}, {endpoint}, {name}, {models}, {model}, {hw}",
    ],
  ],
  [
    "an alias that two nodes could share",
    "mqtt:\n  alias: uns/{name}\n",
    ["c.yaml:2:10 mqtt.alias: must have {node} or {endpoint}, or two nodes could have one topic"],
  ],
  ...["a+b", "a/b", "#", "$share", "g".repeat(65)].map(
    (group) =>
      [
        `a Sparkplug group '${group}'`,
        `mqtt:\n  sparkplug: { group: "${group}" }\n`,
        [expect.stringMatching(/^c\.yaml:2:23 mqtt\.sparkplug\.group: cannot stand in a topic: /)],
      ] as unknown as Wrong,
  ),
  ...["Plant room", "a/b", "s+", "no", "s".repeat(65)].map(
    (site) =>
      [
        `a site '${site}'`,
        `store:\n  site: "${site}"\n`,
        [expect.stringMatching(/^c\.yaml:2:9 store\.site: cannot stand in a topic: /)],
      ] as unknown as Wrong,
  ),
  ["broken YAML", "mqtt: {url: x\n", [expect.stringMatching(/^c\.yaml:\d+:\d+: /) as unknown as string]],
];
test.each(WRONG)("%s is named with its place", (_name, yaml, expected) => expect(findings(yaml)).toEqual(expected));

test("all findings come at once", () => {
  expect(findings("coap:\n  lab: x\nlogg:\n  level: info\nclock:\n  rate: 0\n").length).toBe(3);
  const read = () => readConfig({ path: file("a: 1\nb: 2\n"), env: {} });
  expect(read).toThrow(ConfigError);
  expect(read).toThrow(expect.objectContaining({ code: "config.invalid", facts: { count: 2 } }));
});

test("a file that cannot be read is an error of its own", () => {
  const read = () => readConfig({ path: join(folder, "none.yaml"), env: {} });
  expect(read).toThrow(expect.objectContaining({ code: "config.unreadable" }));
});

describe("the environment", () => {
  test("wins over the file", () => {
    const env = {
      SIDGATE_MQTT__URL: "mqtt://b:1",
      SIDGATE_IMAGES__MAX_BYTES: "8KiB",
      SIDGATE_COAP__LISTEN: "127.0.0.1:1, [::1]:2",
      SIDGATE_MODELS__FOLDERS: "",
      SIDGATE_DATA: "/d",
    };
    const config = readConfig({ path: file("data: /file\nmqtt: {url: mqtt://a:1}\nmodels: {folders: [x]}\n"), env });
    expect([config.data, config.mqtt.url, config.images.maxBytes]).toEqual(["/d", "mqtt://b:1", 8192]);
    expect(config.coap.listen).toEqual([
      { host: "127.0.0.1", port: 1 },
      { host: "::1", port: 2 },
    ]);
    expect(config.models.folders).toEqual([]);
  });

  test("holds a list as lines where an entry has a comma", () => {
    const env = { SIDGATE_MQTT__RIGHTS: "bms-1: read, configure\n*: read\n" };
    expect(readConfig({ env }).mqtt.rights).toEqual(["bms-1: read, configure", "*: read"]);
  });

  test("is checked like the file, and named by its variable", () => {
    const env = { SIDGATE_MQTT__URL: "x", SIDGATE_MQTT__ULR: "y", SIDGATE_COAP__LISTEN: "127.0.0.1:1,no" };
    expect(findings("", env)).toEqual([
      'SIDGATE_MQTT__ULR mqtt.ulr: unknown setting, did you mean "mqtt.url"?',
      "SIDGATE_COAP__LISTEN coap.listen[1]: must be host:port, e.g. 127.0.0.1:5683 or [::1]:5683",
      "SIDGATE_MQTT__URL mqtt.url: must be the URL of a broker, e.g. mqtt://broker.example:1883 or mqtts://broker.example:8883",
    ]);
  });

  test("holds variables of others, which Kubernetes names after its services", () => {
    const env = {
      SIDGATE_SERVICE_HOST: "10.0.0.1",
      SIDGATE_SERVICE_PORT_COAP: "5683",
      SIDGATE_PORT: "tcp://10.0.0.1:1",
      SIDGATE_PORT_5683_UDP_ADDR: "10.0.0.1",
      SIDGATE_ADMIN_PORT_8080_TCP: "tcp://10.0.0.2:8080",
    };
    expect(findings("", env)).toEqual([]);
  });

  test.each([
    ["SIDGATE_COAP_LAB", "SIDGATE_COAP__LAB"], // silently open, where somebody closed it
    ["SIDGATE_MQTT_EMBEDDED_PORT", "SIDGATE_MQTT__EMBEDDED__PORT"],
    ["SIDGATE_DATE", "SIDGATE_DATA"],
    ["SIDGATE_SOMETHING_ELSE", undefined],
  ])("that is no setting is a finding: %s", (name, meant) => {
    const suggestion = meant === undefined ? "" : `, did you mean "${meant}"?`;
    expect(findings("", { [name]: "off" })).toEqual([`${name}: unknown setting${suggestion}`]);
  });
});

describe("a secret", () => {
  const secretFile = file("hunter2\n");
  test.each([
    ["itself", "hunter2", {}],
    ["from a file, without its last newline", `file:${secretFile}`, {}],
    ["from the environment", "env:PASS", { PASS: "hunter2" }],
  ])("is read %s, and shown nowhere", (_name, reference, env) => {
    const source = { path: file(`mqtt:\n  password: ${reference}\n`), env };
    const { password } = readConfig(source).mqtt;
    expect(password?.reveal()).toBe("hunter2");
    const shown = [
      inspect(password),
      JSON.stringify({ password }),
      `${password}`,
      renderConfig(examineConfig(source), { origin: true }),
    ];
    expect(shown.join()).not.toContain("hunter2");
  });
});

describe("config show", () => {
  test("says where each value comes from", () => {
    const path = file("coap:\n  listen:\n    - 127.0.0.1:9\n  lab: off\nmqtt:\n  password: p\n");
    const text = renderConfig(examineConfig({ path, env: { SIDGATE_CLOCK__RATE: "60" } }), { origin: true });
    const name = path.slice(folder.length + 1);
    expect(text).toContain(`  listen: [127.0.0.1:9] # ${name}:3:5`);
    expect(text).toContain(`  lab: off # ${name}:4:8`);
    expect(text).toContain(`  password: (secret) # ${name}:6:13`);
    expect(text).toContain("  rate: 60 # SIDGATE_CLOCK__RATE");
    expect(text).toContain("data: ./data # default");
  });

  test("can be read back", () => {
    const text = renderConfig(examineConfig({ path: EMPTY, env: {} }), { origin: false });
    expect(readConfig({ path: file(text), env: {} })).toEqual(readConfig({ path: EMPTY, env: {} }));
    expect(parse(text)).toMatchObject({ images: { "max-bytes": "16MiB" }, models: { folders: [] } });
  });
});

test.each([
  ["127.0.0.1", "loopback", true],
  ["127.3.0.1", "loopback", true],
  ["::1", "loopback", true],
  ["localhost", "loopback", true],
  ["0.0.0.0", "loopback", false],
  ["::", "loopback", false],
  ["127.example.org", "loopback", false],
  ["0.0.0.0", "on", true],
  ["127.0.0.1", "off", false],
])("unprotected CoAP on %s with coap.lab %s: %s", (host, lab, heard) => {
  expect(hearsUnprotected(readConfig({ path: file(`coap: {lab: ${lab}}`), env: {} }), host)).toBe(heard);
});

test("keys are kebab-case words in at most three levels", () => {
  for (const key of SETTING_KEYS) expect(key).toMatch(/^[a-z]+(\.[a-z-]+){0,2}$/);
});
