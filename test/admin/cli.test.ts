/** The command line: what reaches the programs and the gateway, what is printed, which exit code comes back. */
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { formatTable, type Programs, runCli } from "../../gateway/admin/cli/index.ts";
import { printableJson } from "../../gateway/admin/cli/table.ts";
import { ConfigError, configCheck, configShow } from "../../gateway/app/config/index.ts";
import { campaignPlan } from "../../gateway/app/tools/campaign-plan.ts";
import { StoreError, UsageError } from "../../gateway/base/index.ts";
import { type Doors, openDoors } from "./doors.ts";
import { ROOM_4 } from "./site.ts";

const SHA = "0".repeat(64);
let doors: Doors;
let image: string;
beforeAll(async () => {
  doors = await openDoors();
  image = join(doors.folder, "rm-1.bin");
  writeFileSync(image, Buffer.alloc(100_000, 7));
  writeFileSync(join(doors.folder, "wrong.yaml"), "coap:\n  lab: x\ndata: [1]\n");
  writeFileSync(
    join(doors.folder, "plan.yaml"),
    [
      "image: q6urq6",
      'filter: battery >= 2600 and name ~ "room-*"',
      "attempts: 5",
      "confirm-within: 10m",
      "download-windows: [Mo-Fr 22:00-05:00, 'Sa,Su 00:00-24:00']",
      "groups: [{size: 5%, success: 95}, {size: rest}]",
    ].join("\n"),
  );
  writeFileSync(
    join(doors.folder, "wrong-plan.yaml"),
    "image: x\ngroups:\n  - size: half\n  - size: rest\n    stop-at: 0%\ncolour: red\nlate-joiners: perhaps\nattempts: 0\n",
  );
  writeFileSync(join(doors.folder, "open.yaml"), "coap: {listen: ['0.0.0.0:5683']}\n");
});
afterAll(() => doors.close());

interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  readonly asked: readonly unknown[];
}

async function sidgate(args: readonly string[], overrides: Partial<Programs> = {}): Promise<Said> {
  let out = "";
  let err = "";
  const asked: unknown[] = [];
  const note = (name: string) => async (options: unknown) => {
    asked.push([name, options]);
    return 0;
  };
  const io = { env: {}, print: (text: string) => (out += `${text}\n`) };
  const programs: Programs = {
    run: note("run"),
    gateway: note("gateway"),
    bridge: note("bridge"),
    try: note("try"),
    sim: note("sim"),
    ask: note("ask"),
    configCheck: (options) => configCheck(options, io),
    configShow: (options) => configShow(options, io),
    serviceInstall: note("service install"),
    doctor: note("doctor"),
    backUpStopped: async (options) => {
      asked.push(["backup", options]);
      throw new UsageError("backup.nothing", { folder: "x" });
    },
    restore: note("restore"),
    yang: {
      compile: note("yang compile"),
      tree: note("yang tree"),
      validate: note("yang validate"),
      convert: note("yang convert"),
    },
    sid: {
      generate: note("sid generate"),
      update: note("sid update"),
      check: note("sid check"),
      diff: note("sid diff"),
      header: note("sid header"),
    },
    release: {
      keygen: note("release keygen"),
      create: note("release create"),
      sign: note("release sign"),
      verify: note("release verify"),
      sever: note("release sever"),
      inspect: note("release inspect"),
      dryRun: note("release dry-run"),
      replay: note("release replay"),
    },
    campaignPlan: (file) => campaignPlan(file),
    controlSocket: ({ data }) => (data === undefined ? doors.socketPath : join(data, "control.sock")),
    ...overrides,
  };
  const code = await runCli(args, {
    programs,
    version: "0.1.0",
    stdout: { write: (text) => (out += text) },
    stderr: { write: (text) => (err += text) },
  });
  return { code, out, err, asked };
}

const SIM = { nodes: 5, loss: 0, seed: 1, plain: false, serve: false, models: [], report: [], trust: [], small: 0 };

describe("programs get their options, checked and with defaults", () => {
  test.each([
    [["run"], ["run", {}]],
    [
      ["run", "-c", "a.yaml", "--data", "/d"],
      ["run", { config: "a.yaml", data: "/d" }],
    ],
    [
      ["doctor", "-c", "a.yaml", "--json"],
      ["doctor", { config: "a.yaml", json: true }],
    ],
    [
      ["run", "--new-site-key"],
      ["run", { newSiteKey: true }],
    ],
    [
      ["run", "--restored"],
      ["run", { restored: true }],
    ],
    [
      ["try"],
      [
        "try",
        { nodes: 25, loss: 0.05, fail: 0, silent: 0, seed: 1, plain: false, json: false, kill: false, delta: false },
      ],
    ],
    [
      ["try", "--nodes", "500", "--loss", "5%", "--fail", "10", "--silent", "3%", "--seed", "9", "--plain", "--json"],
      [
        "try",
        {
          nodes: 500,
          loss: 0.05,
          fail: 0.1,
          silent: 0.03,
          seed: 9,
          plain: true,
          json: true,
          kill: false,
          delta: false,
        },
      ],
    ],
    [["sim"], ["sim", { gateway: "coap://127.0.0.1:5683", ...SIM, wakeInterval: 60_000 }]],
    [
      ["sim", "--trust", "a.pub", "--trust", "b.pub", "--vendor", "acme.example", "--model", "trv", "--small", "50%"],
      [
        "sim",
        {
          gateway: "coap://127.0.0.1:5683",
          ...SIM,
          wakeInterval: 60_000,
          trust: ["a.pub", "b.pub"],
          vendor: "acme.example",
          model: "trv",
          small: 0.5,
        },
      ],
    ],
    [
      ["sim", "--models", "m", "--report", "/acme-air:air/pm10=17", "--report", "/a:b/c=x=y"],
      [
        "sim",
        {
          gateway: "coap://127.0.0.1:5683",
          ...SIM,
          wakeInterval: 60_000,
          models: ["m"],
          report: [
            { path: "/acme-air:air/pm10", value: "17" },
            { path: "/a:b/c", value: "x=y" },
          ],
        },
      ],
    ],
    [
      ["sim", "--gateway", "coap://[::1]:1", "--wake-interval", "15m", "--data", "x"],
      ["sim", { gateway: "coap://[::1]:1", ...SIM, wakeInterval: 900_000, data: "x" }],
    ],
    [
      ["decode", "a0"],
      ["yang convert", { input: "a0", from: "sid", to: "diag", binary: false, models: [] }],
    ],
    [
      ["decode", "a0", "--format", "142", "--models", "a,b"],
      ["yang convert", { input: "a0", from: "instances", to: "diag", binary: false, models: ["a", "b"] }],
    ],
    [
      ["ask", "ipatch", "coap://[::1]/c", "--payload", "a0", "--as", "bms.json", "--timeout", "5s", "--json"],
      [
        "ask",
        {
          method: "iPATCH",
          uri: "coap://[::1]/c",
          payload: "a0",
          as: "bms.json",
          timeout: 5_000,
          observe: false,
          models: [],
          json: true,
        },
      ],
    ],
  ])("%j", async (args, call) => expect(await sidgate(args)).toEqual({ code: 0, out: "", err: "", asked: [call] }));

  test("and their exit code is passed on", async () => {
    expect((await sidgate(["try"], { try: async () => 3 })).code).toBe(3);
  });
});

describe("a wrong command line is one line and exit code 64", () => {
  test.each([
    [["tyr"], "unknown command 'tyr' (Did you mean try?)"],
    [["try", "--lsos", "5%"], "unknown option '--lsos' (Did you mean --loss?)"],
    [
      ["try", "--loss", "most"],
      "option '--loss <percent>' argument 'most' is invalid. It must be a percentage, e.g. 5%",
    ],
    [
      ["try", "--nodes", "0"],
      "option '--nodes <count>' argument '0' is invalid. It must be a whole number from 1 to 100000",
    ],
    [
      ["sim", "--report", "pm10"],
      "option '--report <path=value>' argument 'pm10' is invalid. It must look like /acme-air:air/pm10=17",
    ],
    [
      ["sim", "--wake-interval", "60"],
      "option '--wake-interval <duration>' argument '60' is invalid. It must be a duration, e.g. 90s or 15m",
    ],
    [["sim", "--plain", "--credentials", "x"], "option '--plain' cannot be used with option '--credentials <file>'"],
    [
      ["ask", "GETT", "coap://[::1]/c"],
      "command-argument value 'GETT' is invalid for argument 'method'. It must be one of GET, POST, PUT, DELETE, FETCH, PATCH, iPATCH",
    ],
    [["decode"], "missing required argument 'hex'"],
    [
      ["node", "add", ""],
      "command-argument value '' is invalid for argument 'endpoint'. It must be 1 to 64 characters",
    ],
    [
      ["image", "add", "x", "--model", "m", "--version", ""],
      "option '--version <version>' argument '' is invalid. It must be 1 to 64 characters",
    ],
    [
      ["campaign", "start", "--image", "x", "--stop-at", "0"],
      "option '--stop-at <percent>' argument '0' is invalid. It must be a percentage above 0, e.g. 5%",
    ],
    [
      ["campaign", "start", "--image", "x", "--nodes", ","],
      "option '--nodes <nodes>' argument ',' is invalid. It must name at least one",
    ],
    [["image", "add", "x"], "required option '--model <model>' not specified"],
    [
      ["image", "add", "x", "--model", "m", "--version", "1", "--digest", "12"],
      "option '--digest <hex>' argument '12' is invalid. It must be 64 hex digits of SHA-256",
    ],
  ])("%j", async (args, what) => {
    const { code, out, err } = await sidgate(args);
    expect({ code, out, err }).toEqual({
      code: 64,
      out: "",
      err: `sidgate: ${what}. See 'sidgate --help'. [cli.usage]\n`,
    });
  });

  test.each([[[]], [["node"]]])("%j shows the help and fails", async (args: string[]) => {
    const { code, err } = await sidgate(args);
    expect(code).toBe(64);
    expect(err).toMatch(/^Usage: sidgate/);
  });
});

describe("errors have one line and an exit code", () => {
  test.each([
    [new UsageError("port.taken", { what: "CoAP", address: "a", key: "k" }), 69, "[port.taken]"],
    [new UsageError("config.unreadable", { path: "p", reason: "r" }), 78, "[config.unreadable]"],
    [new StoreError("store.owned", { folder: "f" }), 69, "[store.owned]"],

    [new Error("something\nelse"), 1, "something?else"],
  ])("%s", async (error, code, words) => {
    const said = await sidgate(["run"], { run: () => Promise.reject(error) });
    expect(said).toMatchObject({ code, out: "" });
    expect(said.err).toMatch(/^sidgate: [^\n]*\n$/);
    expect(said.err).toContain(words);
  });
});

describe("help and version", () => {
  test("--help ends well", async () => {
    const { code, out, err } = await sidgate(["--help"]);
    expect([code, err]).toEqual([0, ""]);
    expect(out).toContain("campaign");
  });
  test("--version is the program's", async () =>
    expect(await sidgate(["--version"])).toMatchObject({ code: 0, out: "0.1.0\n" }));
});

describe("config", () => {
  test("check prints every finding, then one line, and exits with 78", async () => {
    const { code, out, err } = await sidgate(["config", "check", "-c", join(doors.folder, "wrong.yaml")]);
    expect([code, out]).toEqual([78, ""]);
    expect(err.split("\n").slice(0, 2)).toEqual([
      "wrong.yaml:3:7 data: must be a path",
      'wrong.yaml:2:8 coap.lab: must be "loopback", "on" or "off"',
    ]);
    expect(err).toContain("sidgate: the configuration has 2 error(s).");
  });
  test("show prints what is in force", async () => {
    const { code, out } = await sidgate(["config", "show", "--origin", "-c", join(doors.folder, "open.yaml")]);
    expect(code).toBe(0);
    expect(out).toContain("listen: [0.0.0.0:5683] # open.yaml:1:16");
  });
});

describe("a running gateway", () => {
  test("lists its nodes in columns", async () => {
    const { out } = await sidgate(["node", "list"]);
    expect(out.split("\n").slice(0, 3)).toEqual([
      "NODE  NAME                         STATE    FIRMWARE    UPDATE       LAST SEEN  NEXT WAKE  SECURITY  WAITING",
      "n-1   Room 1                       asleep   rm-1 1.0.0  downloading  12 s ago   in 3 min   oscore          2",
      'n-2   <script>alert("2")</script>  lost     -           idle         never      -          none            0',
    ]);
  });

  test.each([
    [["node", "show", "n-1"], "check-in 7"],
    [["node", "show", "n-1"], "not-authentic, from udp://10.0.0.9:5683, "],
    [["manager", "list"], "bms      admin   05   2 min ago"],
    [
      ["command", "list"],
      "ipatch     Room 4  to be applied      2 min ago  in 13 min  in 1 h    mqtt:bms-1  01JD7QAAA1",
    ],
    [["access"], "/acme:x (no module set has it)"],
    [["access", "show"], "2 min ago: wall, update /sidgate-building:room/set-point"],
    [["access", "test", "wall", "read", "/m:x"], "Yes: wall (in the group viewer), read /m:x: so says the rule 'read'"],
    [["image", "list"], "64 KiB"],
    [["trust"], "acme  a key on P-256    vendor fa6b4a53d5ad5fdfbe9de663e4d41ffe, component 0x00"],
    [["release", "preview", "5c5c5c5c", "--node", "n-1"], "will fail at install, step 4"],
    [["release", "preview", "5c5c5c5c"], "Release 5c5c5c5c, rm-1 1.1.0, number 7:"],
    [["node", "show", "n-1"], "5c5c5c5c failed: install, step 4 failed: <b>x</b> ("],
    [["trust", "list"], "2 keys must have signed a release for the vendor fa6b4a53d5ad5fdfbe9de663e4d41ffe."],
    [["release", "list"], "acme, lab  1 of 2       3 nodes    30 min ago  quarantined"],
    [["campaign", "show"], "1 of 3 done, 0 failed, 1 silent"],
    [["campaign", "show", "c-20261121-01"], "50 %"],
    [["campaign", "show", "c-20261121-01"], "downloading  2 of 2   "],
    [
      ["campaign", "show", "c-20261121-01"],
      "canary       open        2     1       0        0       0       1  stops at 15 %, goes on at 95 % done,",
    ],
    [["campaign", "show", "c-20261121-01"], "forecast: 25 min (9 in 10: 1 h); ends in 20 min, 9 in 10 in 55 min"],
    [["campaign", "show", "c-20261121-01"], "download: Mo-Fr 22:00-05:00 Europe/Berlin"],
    [["campaign", "why", "c-20261121-01"], "The next of them is expected in 3 min."],
    [
      ["campaign", "why", "c-20261121-01", "n-1"],
      "silent           1  n-2   not heard since 2026-11-21T09:00:00Z, 4 wakes missed",
    ],
    [["campaign", "preview", "--image", "x"], "ends:     after 40 min, 9 in 10 times within 3 h"],
    [
      ["campaign", "preview", "--image", "x"],
      "canary: 1 node, stops at 15 %, goes on at 95 % done, then waits for a person",
    ],
    [["campaign", "preview", "--image", "x"], "n-3       Room 10  battery-low  2400 mV"],
  ])("%j shows words for people and rows for programs", async (args, words) => {
    expect((await sidgate(args)).out).toContain(words);
    const { out, code } = await sidgate([...args, "--json"]);
    expect([code, typeof JSON.parse(out)]).toEqual([0, "object"]);
  });

  test("a plan that is wrong is told with each of its places", async () => {
    const path = join(doors.folder, "wrong-plan.yaml");
    const { code, err } = await sidgate(["campaign", "preview", "--plan", path]);
    expect(code).toBe(1);
    expect(err.split("\n")).toEqual([
      `${path}:3:11 groups[0].size: must be a share such as 5%, a number of nodes, or rest`,
      `${path}:5:14 groups[1].stop-at: must be a percentage above 0, e.g. 5%`,
      `${path}:6:1 colour: is no key that is known here`,
      `${path}:7:15 late-joiners: must be yes or no`,
      `${path}:8:11 attempts: must be a whole number from 1 to 100`,
      `sidgate: ${path} is no plan of a campaign, findings: 5. Correct the places named; docs/campaigns.md has every key. [campaign.plan-file]`,
      "",
    ]);
  });

  test("a preview of nobody shows why, and says by its exit code that a start would be refused", async () => {
    const { code, out } = await sidgate(["campaign", "preview", "--image", "x", "--name", "nobody"]);
    expect(code).toBe(1);
    expect(out).toContain("It could not be started: no node is selected: 3 other-model. Check the model");
  });

  test.each([
    [["campaign", "start"], "a campaign needs --image or --release"],
    [["campaign", "start", "--image", "x", "--success", "95%"], "--success and --pause are about groups"],
    [["campaign", "start", "--image", "x", "--waves", "10%,half"], "It must be a share such as 5%"],
    [["campaign", "start", "--image", "x", "--priority", "urgent"], "It must be a whole number from -1000 to 1000"],
    [["campaign", "downgrade", "--image", "x"], "required option '--reason <text>' not specified"],
  ])("%j is refused before the gateway is asked", async (args, words) => {
    expect(await sidgate(args)).toMatchObject({ code: 64, err: expect.stringContaining(words) });
  });

  test("access test answers no with exit code 1, for scripts", async () => {
    const { code, out } = await sidgate(["access", "test", "wall", "update", "/m:x"]);
    expect(code).toBe(1);
    expect(out).toBe("No: wall (in the group viewer), update /m:x: no rule speaks of it, so write-default holds.\n");
  });

  test.each([
    [["node", "add", "room-4"], "node.add", { endpoint: "room-4" }, "Added room-4 as n-4.\n"],
    [["node", "add", "room-4", "--name", "R"], "node.add", { endpoint: "room-4", name: "R" }, "Added room-4 as n-4.\n"],
    [["node", "remove", "n-4"], "node.remove", { node: "n-4" }, "Removed n-4.\n"],
    [["node", "rekey", "n-4"], "node.rekey", { node: "n-4" }, "Gave n-4 new credentials; the old ones are void.\n"],
    [["manager", "add", "bms"], "manager.add", { manager: "bms" }, "Added the manager bms to viewer, boss.\n"],
    [
      ["manager", "add", "bms", "--group", "admin,boss"],
      "manager.add",
      { manager: "bms", groups: ["admin", "boss"] },
      "Added the manager bms to viewer, boss.\n",
    ],
    [
      ["access", "deny", "viewer", "edit,exec", "/m:x", "--comment", "why"],
      "access.rule",
      { group: "viewer", action: "deny", operations: ["edit", "exec"], target: "/m:x", comment: "why" },
      "The first rule of viewer is 'r' now.\n",
    ],
    [
      ["access", "allow", "viewer", "read", "*", "--name", "all"],
      "access.rule",
      { group: "viewer", action: "permit", operations: ["read"], target: "*", name: "all" },
      "The first rule of viewer is 'r' now.\n",
    ],
    [
      ["access", "group", "bms", "viewer", "boss"],
      "access.group",
      { user: "bms", groups: ["viewer", "boss"] },
      "bms is in the groups viewer, boss now.\n",
    ],
    [
      ["access", "remove", "viewer", "r"],
      "access.remove",
      { group: "viewer", rule: "r" },
      "Removed the rule 'r' of viewer.\n",
    ],
    [
      ["trust", "remove", "acme"],
      "trust.remove",
      { anchor: "acme" },
      "Removed the key of acme. 1 release is withdrawn.\n",
    ],
    [
      ["trust", "require", "2", "--vendor", "arm.com", "--class", "arm.com/suit"],
      "trust.require",
      { signers: 2, vendor: "fa6b4a53d5ad5fdfbe9de663e4d41ffe", class: "1492af1425695e48bf429b2d51f2ab45" },
      "Releases need 2 of the keys now. 1 release is withdrawn.\n",
    ],
    [
      ["release", "withdraw", "5c5c5c5c", "--reason", "quarantined"],
      "release.withdraw",
      { release: "5c5c5c5c", reason: "quarantined" },
      "Release 5c5c5c5c is withdrawn.\n",
    ],
    [["manager", "remove", "bms"], "manager.remove", { manager: "bms" }, "Removed the manager bms.\n"],
    [
      ["campaign", "start", "--image", "abc"],
      "campaign.create",
      { image: "abc" },
      "Started c-1 for 1 node, 2 left out.\n",
    ],
    [
      [
        "campaign",
        "start",
        "--image",
        "abc",
        "--name",
        "N",
        "--stop-at",
        "20%",
        "--silent-after",
        "4",
        "--nodes",
        "a,b",
      ],
      "campaign.create",
      { image: "abc", name: "N", stopAtPct: 20, silentAfter: 4, nodes: ["a", "b"] },
      "Started c-1 for 1 node, 2 left out.\n",
    ],
    [
      [
        ..."image add --from coap://fw.example/a --size 9 --model m --version 2 --digest".split(" "),
        `sha256:${"AB".repeat(32)}`,
      ],
      "image.announce",
      { uri: "coap://fw.example/a", size: 9, model: "m", version: "2", digest: "ab".repeat(32) },
      "Fetching m 2 as 4r8n2q from coap://fw.example/a. 'sidgate image list' tells how far it is.\n",
    ],
    [["image", "remove", "4r8n2q"], "image.remove", { image: "4r8n2q" }, "Removed m 2 (4r8n2q).\n"],
    [
      ["campaign", "downgrade", "--release", "5c5c5c5c", "--reason", "2 drains batteries", "--deadline", "14d"],
      "campaign.downgrade",
      { release: "5c5c5c5c", reason: "2 drains batteries", deadline: "14d" },
      "Started c-1 for 1 node, 2 left out.\n",
    ],
    [
      ["campaign", "start", "--plan", "PLAN", "--attempts", "2", "--canary", "1", "--approval"],
      "campaign.create",
      {
        image: "q6urq6",
        filter: 'battery >= 2600 and name ~ "room-*"',
        attempts: 2,
        approval: true,
        confirmWithin: 600,
        groups: [
          { name: "canary", size: 1 },
          { name: "rest", size: "rest" },
        ],
        download: ["Mo-Fr 22:00-05:00", "Sa,Su 00:00-24:00"],
      },
      "Started c-1 for 1 node, 2 left out.\n",
    ],
    [
      ["campaign", "install", "room-4", "--image", "x", "--again"],
      "campaign.install",
      { node: "room-4", image: "x", again: true },
      "Started c-1 for 1 node, 2 left out.\n",
    ],
    [["campaign", "approve", "c-1"], "campaign.approve", { campaign: "c-1" }, "Approved c-1.\n"],
    [
      ["campaign", "abort", "c-1", "--if-version", "7"],
      "campaign.abort",
      { campaign: "c-1", ifVersion: "7" },
      "Aborted c-1.\n",
    ],
    [["campaign", "pause", "c-1"], "campaign.pause", { campaign: "c-1" }, "Paused c-1.\n"],
    [["campaign", "resume", "c-1"], "campaign.resume", { campaign: "c-1" }, "Resumed c-1.\n"],
    [["campaign", "abort", "c-1"], "campaign.abort", { campaign: "c-1" }, "Aborted c-1.\n"],
  ])("%j is one command", async (words, op, expected, out) => {
    const args = words.map((word) => (word === "PLAN" ? join(doors.folder, "plan.yaml") : word));
    expect(await sidgate(args)).toMatchObject({ code: 0, out, err: "" });
    expect(doors.site.commands.pop()).toMatchObject({ op, args: expected, actor: expect.stringMatching(/^cli:./) });
  });

  describe("prints credentials, from the side of the peer and alone on standard output", () => {
    const FORMS: ReadonlyArray<readonly [format: string, lines: readonly string[]]> = [
      [
        "text",
        [
          "node room-4 */ (n-4)",
          "  master secret  0102 0304 0506 0708 090a 0b0c 0d0e 0f10",
          "  master salt    9e7c a922 2378 6340",
          "  sender id      04  (its own)",
          "  recipient id   00  (the gateway's)",
          "  algorithm      10  (AES-CCM-16-64-128), HKDF-SHA-256",
        ],
      ],
      ["json", [JSON.stringify(ROOM_4)]],
      [
        "libcoap",
        [
          "# node room-4 */ (n-4): for libcoap, coap-client -E FILE,SEQUENCE-FILE",
          'master_secret,hex,"0102030405060708090a0b0c0d0e0f10"',
          'master_salt,hex,"9e7ca92223786340"',
          'sender_id,hex,"04"',
          'recipient_id,hex,"00"',
          "aead_alg,integer,10",
          "hkdf_alg,integer,-10",
        ],
      ],
      [
        "aiocoap",
        [
          "{",
          '  "algorithm": "AES-CCM-16-64-128",',
          '  "kdf-hashfun": "sha256",',
          '  "secret_hex": "0102030405060708090a0b0c0d0e0f10",',
          '  "salt_hex": "9e7ca92223786340",',
          '  "sender-id_hex": "04",',
          '  "recipient-id_hex": "00"',
          "}",
        ],
      ],
      [
        "c",
        [
          "/* OSCORE credentials (RFC 8613, section 3.2) of node room-4 * / (n-4). Keep them secret. */",
          "#ifndef OSCORE_CREDENTIALS_H",
          "#define OSCORE_CREDENTIALS_H",
          "#include <stdint.h>",
          "#define OSCORE_ALGORITHM 10 /* AES-CCM-16-64-128, with HKDF-SHA-256 */",
          "static const uint8_t oscore_master_secret[16] = { 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f, 0x10 };",
          "static const uint8_t oscore_master_salt[8] = { 0x9e, 0x7c, 0xa9, 0x22, 0x23, 0x78, 0x63, 0x40 };",
          "static const uint8_t oscore_sender_id[1] = { 0x04 };",
          "static const uint8_t oscore_recipient_id[1] = { 0x00 };",
          "#endif",
        ],
      ],
    ];
    test.each(FORMS)("as %s", async (format, lines) => {
      const out = `${lines.join("\n")}\n`;
      expect(await sidgate(["node", "credentials", "n-4", "--format", format])).toMatchObject({
        code: 0,
        out,
        err: format === "aiocoap" ? expect.stringContaining("FOLDER/secret.json") : "",
      });
      expect(await sidgate(["node", "add", "room-4", "--format", format])).toMatchObject({ code: 0, out });
      expect(doors.site.commands.pop()).toMatchObject({ op: "node.add" });
    });

    test.each([
      [["node", "rekey", "n-4", "--print", "--json"], "04"],
      [["manager", "add", "bms", "--print", "--json"], "05"],
      [["manager", "rekey", "bms", "--print", "--json"], "05"],
      [["manager", "credentials", "bms", "--json"], "05"],
    ])("%j", async (args, senderId) => {
      const { code, out } = await sidgate(args);
      expect(code).toBe(0);
      expect(JSON.parse(out)).toMatchObject({ senderId, recipientId: "00" });
      doors.site.commands.pop();
    });

    test.each([
      [["node", "add", "room-4"], "Added room-4 as n-4. The credentials are in FILE.\n"],
      [["node", "rekey", "n-4"], "Gave n-4 new credentials; the old ones are void. The credentials are in FILE.\n"],
      [["node", "credentials", "n-4"], "The credentials are in FILE.\n"],
      [
        ["manager", "rekey", "bms"],
        "Gave the manager bms new credentials; the old ones are void. The credentials are in FILE.\n",
      ],
    ])("%j --out FILE is for its owner alone, and replaces nothing unasked", async (args, sentence) => {
      const file = join(doors.folder, "secrets", `${args.join("-")}.json`);
      const written = await sidgate([...args, "--out", file]);
      expect(written).toMatchObject({ code: 0, out: sentence.replace("FILE", file), err: "" });
      expect(statSync(file).mode & 0o777).toBe(0o600);
      expect(JSON.parse(readFileSync(file, "utf8"))).toMatchObject({ algorithm: 10, recipientId: "00" });
      const before = doors.site.commands.length;
      const again = await sidgate([...args, "--out", file]);
      expect(again).toMatchObject({ code: 74, out: "", err: expect.stringContaining("[cli.file-exists]") });
      expect(doors.site.commands).toHaveLength(before); // found out before anything was done
      const forced = await sidgate([...args, "--out", file, "--force", "--format", "libcoap"]);
      expect(forced).toMatchObject({ code: 0 });
      expect(readFileSync(file, "utf8")).toMatch(/^# (node|manager) /);
      expect(readdirSync(join(doors.folder, "secrets")).filter((name) => name.endsWith(".new"))).toEqual([]);
      doors.site.commands.length = 0;
    });

    test.each([["/proc/nothing"], ["/dev/null"]])("nothing is asked for when %s cannot be written", async (file) => {
      const refused = await sidgate(["node", "add", "room-4", "--out", file, "--force"]);
      expect(refused).toMatchObject({ code: 74, out: "", err: expect.stringContaining("[cli.file-write]") });
      expect(doors.site.commands).toEqual([]);
    });

    (existsSync("/usr/bin/gcc") ? test : test.skip)("and the header compiles (needs gcc)", async () => {
      const { out } = await sidgate(["node", "credentials", "n-4", "--format", "c"]);
      const file = join(doors.folder, "credentials.h");
      writeFileSync(file, out);
      execFileSync("/usr/bin/gcc", ["-std=c99", "-Wall", "-Wno-unused-variable", "-Werror", "-fsyntax-only", file]);
    });
  });

  test("takes an image from a file", async () => {
    const { out, err } = await sidgate(["image", "add", image, "--model", "rm-1", "--version", "2.0.0"]);
    expect(err).toBe("");
    expect(out).toMatch(/^Added rm-1 2.0.0 as abcdefg: 97.7 KiB, SHA-256 [0-9a-f]{64}\.\n$/);
    expect(doors.site.uploads.pop()).toMatchObject({
      name: "rm-1.bin",
      model: "rm-1",
      version: "2.0.0",
      size: 100_000,
    });
  });

  test.each([
    [["node", "remove", "n-9"], 1, "[node.unknown]"],
    [["node", "show", "n-9"], 1, "[node.unknown]"],
    [["node", "credentials", "n-2"], 1, "[node.unsecured]"],
    [["manager", "credentials", "nobody"], 1, "[manager.unknown]"],
    [["image", "add", "/nowhere.bin", "--model", "m", "--version", "1"], 74, "[cli.file]"],
    [["image", "add", "/tmp", "--model", "m", "--version", "1"], 74, "[cli.file]"],
    [["image", "add", "--model", "m", "--version", "1"], 64, "[cli.usage]"],
    [["image", "add", "--model", "m", "--version", "1", "--from", "coap://h/a"], 64, "[cli.usage]"],
    [
      ["image", "add", "x", "--model", "m", "--version", "1", "--from", "coap://h/a", "--size", "1", "--digest", SHA],
      64,
      "[cli.usage]",
    ],
    [["node", "list", "--data", "/nowhere"], 69, "[cli.no-gateway]"],
  ])("%j fails with %i %s", async (args, code, words) => {
    const said = await sidgate(args);
    expect(said).toMatchObject({ code, out: "" });
    expect(said.err).toContain(words);
  });
});

(existsSync("/usr/bin/mkfifo") ? test : test.skip)("a pipe is refused as an image (needs mkfifo)", async () => {
  const pipe = join(doors.folder, "pipe");
  execFileSync("/usr/bin/mkfifo", [pipe]);
  expect(await sidgate(["image", "add", pipe, "--model", "m", "--version", "1"])).toMatchObject({
    code: 74,
    err: `sidgate: cannot read ${pipe}: it is not a regular file. Give the path of an existing file. [cli.file]\n`,
  });
});

describe("with --json an error is one JSON object", () => {
  test.each([
    ["of the gateway", ["node", "remove", "n-9", "--json"], 1, "node.unknown"],
    ["of the way to it", ["node", "list", "--json", "--data", "/nowhere"], 69, "cli.no-gateway"],
    ["of the command line", ["node", "list", "--json", "--dta", "x"], 64, "cli.usage"],
    ["of a missing command", ["--json"], 64, "cli.usage"],
    ["of a file", ["image", "add", "/nowhere", "--model", "m", "--version", "1", "--json"], 74, "cli.file"],
  ])("%s", async (_name, args, exit, code) => {
    const said = await sidgate(args);
    expect([said.code, said.out]).toEqual([exit, ""]);
    expect(said.err).toMatch(/^[^\n]*\n$/);
    expect(JSON.parse(said.err)).toEqual({
      error: { code, text: expect.any(String), hint: expect.any(String) },
    });
  });
  test("from outside the table", async () => {
    const { err } = await sidgate(["try", "--json"], { try: () => Promise.reject(new Error("something\nelse")) });
    expect(JSON.parse(err)).toEqual({ error: { code: "unexpected", text: "something\nelse", hint: "" } });
  });
  test("with its findings", async () => {
    const controlSocket = (): string => {
      throw new ConfigError([{ place: "c.yaml:1:1", key: "data", problem: "must be a path" }]);
    };
    const { err, code } = await sidgate(["node", "list", "--json"], { controlSocket });
    expect(code).toBe(78);
    expect(JSON.parse(err)).toMatchObject({
      error: { code: "config.invalid", details: ["c.yaml:1:1 data: must be a path"] },
    });
  });
  test("but behind -- it is a name", async () => {
    const { err } = await sidgate(["node", "show", "--", "--json"]);
    expect(err).toMatch(/^sidgate: .*\[node\.unknown\]\n$/);
  });
});

describe("a name that would steer the terminal", () => {
  const NAME = "\u001b[31m\nr\u009b\u202e";
  test.each([
    [["node", "add", NAME], "Added ?[31m?r?? as n-4.\n"],
    [["image", "add", "FILE", "--model", NAME, "--version", NAME], /^Added \?\[31m\?r\?\? \?\[31m\?r\?\? as abcdefg: /],
    [["node", "remove", "n-4"], "Removed n-4.\n"],
  ])("%j is shown without", async (args, expected) => {
    const { out } = await sidgate(args.map((arg) => (arg === "FILE" ? image : arg)));
    if (typeof expected === "string") expect(out).toBe(expected);
    else expect(out).toMatch(expected);
    doors.site.commands.pop();
    doors.site.uploads.pop();
  });
  test("is escaped in JSON", () => {
    const shown = printableJson({ name: NAME });
    expect(shown).toBe('{"name":"\\u001b[31m\\nr\\u009b\\u202e"}');
    expect(JSON.parse(shown)).toEqual({ name: NAME });
  });
});

describe("a table", () => {
  test("shows no control characters of a name", () => {
    const columns = [{ title: "NAME", cell: (name: string) => name }];
    expect(formatTable(columns, ["a\u001b[31mb\nc\u202e"], "")).toBe("NAME\na?[31mb?c?");
  });
  test("says so when it is empty", () => expect(formatTable([], [], "Nothing.")).toBe("Nothing."));
});
