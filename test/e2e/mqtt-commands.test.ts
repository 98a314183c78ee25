/** docs/mqtt.md, "Commands" — with a real Mosquitto, its own tools as the cloud application, and a real gateway that is killed. */
import { execFile, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { introduceSecured } from "../../gateway/app/sim/fleet-credentials.ts";
import { type Closable, millis, seconds, systemClock } from "../../gateway/base/index.ts";
import { makeImage, startFleet, startServing } from "../../gateway/sim/index.ts";
import {
  hasMosquitto,
  type Line,
  type Mosquitto,
  type Subscriber,
  startMosquitto,
  subscribe,
} from "../support/bridge-mosquitto.ts";
import { drill, inDrill } from "../support/drill.ts";
import { eventually, GatewayProcess } from "../support/gateway-process.ts";

const run = promisify(execFile);
const PUB = "/usr/bin/mosquitto_pub";
const RR = "/usr/bin/mosquitto_rr";
const SUB = "/usr/bin/mosquitto_sub";
const OPENSSL = "/usr/bin/openssl";
const hasTools = hasMosquitto && [PUB, RR, OPENSSL].every((path) => existsSync(path));

type Version = "5" | "311";
type Asked = Readonly<Record<string, unknown>> & { readonly id: string };
type Answer = Readonly<Record<string, unknown>>;

describe("commands over MQTT", () => {
  if (!hasTools) {
    test.skip("needs mosquitto, mosquitto_pub, mosquitto_rr and openssl (apt-get install mosquitto mosquitto-clients openssl)", () => {});
    return;
  }
  let broker: Mosquitto;
  let gateway: GatewayProcess;
  let cloud: Subscriber;
  let root: string;
  let folder: string;
  let author: Server | undefined;
  const fleets: Closable[] = [];

  const publish = async (topic: string, payload: object, version: Version = "5", ...more: readonly string[]) => {
    const to = [
      "-h",
      "127.0.0.1",
      "-p",
      String(broker.port),
      "-V",
      `mqttv${version}`,
      "-q",
      "1",
      "-t",
      `${root}/${topic}`,
    ];
    await run(PUB, [...to, "-m", JSON.stringify(payload), ...more]);
  };
  /** Asks as a cloud application on MQTT 5 does, and waits for one answer. */
  const ask = async (topic: string, payload: object): Promise<unknown> => {
    const to = ["-h", "127.0.0.1", "-p", String(broker.port), "-V", "5", "-q", "1", "-W", "60"];
    const { stdout } = await run(RR, [
      ...to,
      "-t",
      `${root}/${topic}`,
      "-e",
      `${root}/rsp/asker`,
      "-m",
      JSON.stringify(payload),
    ]);
    return JSON.parse(stdout);
  };
  const answersTo = (id: string) => (lines: readonly Line[]) =>
    lines
      .filter(({ topic }) => topic.includes("/rsp/"))
      .map(({ payload }) => JSON.parse(payload))
      .filter((answer) => answer.id === id);
  const answers = async (id: string, count = 1): Promise<readonly unknown[]> =>
    answersTo(id)(await cloud.until((lines) => answersTo(id)(lines).length >= count));
  const events = (type: string) => (lines: readonly Line[]) =>
    lines
      .filter(({ topic }) => topic.endsWith("/event"))
      .map(({ payload }) => JSON.parse(payload))
      .filter((event) => event.type === type);
  const addNode = async (endpoint: string): Promise<string> => {
    return (await gateway.client.command<{ node: string }>("node.add", { endpoint, plain: true })).node;
  };

  /** A command of bms-1 with all that is answered, up to its end. */
  const give = async (topic: string, payload: Asked): Promise<readonly Answer[]> => {
    const deadline = new Date(Date.now() + 60_000).toISOString();
    await publish(topic, { client: "bms-1", deadline, ...payload });
    const isEnd = ({ status }: Answer): boolean => status !== "accepted";
    return answersTo(payload.id)(await cloud.until((lines) => answersTo(payload.id)(lines).some(isEnd)));
  };
  const ended = async (topic: string, payload: Asked): Promise<Answer | undefined> =>
    (await give(topic, payload)).at(-1);

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "sidgate-mqtt-commands-"));
    const key = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=test".split(" ");
    const [keyFile, certFile] = [join(folder, "key.pem"), join(folder, "cert.pem")];
    await run(OPENSSL, [...key, "-addext", "subjectAltName=DNS:localhost", "-keyout", keyFile, "-out", certFile]);
    broker = await startMosquitto();
    gateway = await GatewayProcess.start(`mqtt: { url: "${broker.url}", rights: ["*: all", "reader: read"] }
trust: { mode: lab }
upstream: { allow-private: "on", ca: ${certFile} }
nodes: { wake-interval: 1s }
`);
    root = `sidgate/1/${gateway.status.site}`;
    cloud = await subscribe(broker.port, `${root}/#`, "5");
  });
  afterAll(async () => {
    for (const fleet of fleets) await fleet.close();
    author?.close();
    await rm(folder, { recursive: true });
    await cloud?.close();
    await gateway?.stop();
    await broker?.close();
  });

  test.each<Version>(["5", "311"])(
    "MQTT %s: carried out once by id, answered from the journal, and again to who repeats it",
    async (version) => {
      const node = await addNode(`room-${version}`);
      const command = { id: `remove-${version}`, client: "bms-1", node };
      await publish("cmd/node.remove", command, version);
      const completed = { id: command.id, status: "completed", node };
      expect(await answers(command.id)).toEqual([completed]);
      await publish("by/bms-1/cmd/node.remove", command, version); // the same client by another topic
      expect(await answers(command.id, 2)).toEqual([completed, completed]);
      expect(events("node.removed")(cloud.lines).filter((event) => event.node === node)).toEqual([
        expect.objectContaining({ actor: "mqtt:bms-1" }),
      ]);
    },
  );

  test("MQTT 5.0 §4.10: the answer comes on the response topic with the correlation data", async () => {
    const at = ["-h", "127.0.0.1", "-p", String(broker.port), "-V", "5", "-q", "1", "-W", "60", "-C", "1", "-d"];
    const listener = spawn("/usr/bin/stdbuf", ["-oL", SUB, ...at, "-t", `${root}/rsp/asker/7`, "-F", ">%D %p"]);
    let output = "";
    listener.stdout.on("data", (part) => {
      output += part;
    });
    const ended = once(listener, "close");
    while (!output.includes("Subscribed")) await once(listener.stdout, "data");
    const properties = [
      "-D",
      "publish",
      "response-topic",
      `${root}/rsp/asker/7`,
      "-D",
      "publish",
      "correlation-data",
      "c-7",
    ];
    await publish("cmd/node.remove", { id: "remove-nobody", node: "nobody" }, "5", ...properties);
    await ended;
    const [, correlation, answer = ""] = />(\S+) (.*)/.exec(output) ?? [];
    expect(correlation).toBe("c-7");
    expect(JSON.parse(answer)).toEqual({
      id: "remove-nobody",
      status: "failed",
      code: 404,
      error: expect.objectContaining({ "error-app-tag": "node.unknown" }),
    });
  });

  test("what is wrong is answered with a code, changes nothing, and is an event", async () => {
    const node = await addNode("room-stays");
    const removed = events("node.removed")(cloud.lines).length;
    const refusals: ReadonlyArray<readonly [topic: string, payload: object, code: string]> = [
      ["cmd/node.remove", { node }, "command.missing"],
      ["cmd/node.remove", { id: "bad-1", node, force: true }, "command.argument"],
      ["cmd/node.destroy", { id: "bad-2", node }, "command.unknown"],
      [`n/${node}/cmd/ipatch`, { id: "bad-3", value: {} }, "command.missing"],
      ["by/reader/cmd/node.remove", { id: "bad-4", node }, "command.forbidden"],
      ["cmd/campaign.pause", { id: "bad-5", campaign: "c-none" }, "campaign.unknown"],
      ["cmd/node.remove", { id: "bad-6", node, deadline: "2020-01-01T00:00:00Z" }, "command.late"],
    ];
    for (const [topic, payload, code] of refusals) {
      expect(await ask(topic, payload)).toMatchObject({ status: "failed", error: { "error-app-tag": code } });
    }
    const seen = await cloud.until((lines) =>
      events("command.refused")(lines).some(({ error }) => error === "command.forbidden"),
    );
    expect(events("command.refused")(seen).map(({ error, actor }) => [error, actor])).toContainEqual([
      "command.forbidden",
      "mqtt:reader",
    ]);
    expect(events("node.removed")(cloud.lines)).toHaveLength(removed);
  });

  describe("at nodes", () => {
    let ids: Readonly<Record<"checks-in" | "updates" | "serves", string>>;

    beforeAll(async () => {
      const endpoints = ["checks-in", "updates", "serves"] as const;
      const credentials = await introduceSecured(gateway.client, endpoints);
      const found = await Promise.all(
        endpoints.map((endpoint) => gateway.client.get<{ readonly node: string }>(`/api/nodes/${endpoint}`)),
      );
      const [checksIn, updates, serves] = found.map(({ node }) => node);
      ids = { "checks-in": checksIn ?? "", updates: updates ?? "", serves: serves ?? "" };
      const all = { gateway: `coap://127.0.0.1:${gateway.coapPort}`, credentials, seed: 5, clock: systemClock() };
      const sleepy = {
        wakeInterval: millis(500),
        ackTimeout: millis(50),
        model: "trv",
        rebootWakes: 0,
        blocksPerWake: 64,
      };
      fleets.push(startFleet({ ...all, ...sleepy, endpoints: endpoints.slice(0, 2) }));
      fleets.push(await startServing({ ...all, endpoints: endpoints.slice(2), interval: seconds(1) }));
      await eventually("all were heard", async () => {
        const rows = await gateway.client.get<readonly { readonly lastSeen?: number }[]>("/api/nodes");
        return rows.filter(({ lastSeen }) => lastSeen !== undefined).length >= endpoints.length;
      });
    });

    test.each(["checks-in", "serves"] as const)("one that %s is read, edited and called", async (kind) => {
      const to = `n/${ids[kind]}/cmd`;
      const [room, node] = ["/sidgate-building:room", ids[kind]];
      const value = { "sidgate-building:room": { "set-point": "21.5" } };
      const [got, fetched, edited, called] = await Promise.all([
        give(`${to}/get`, { id: `${kind}-get`, path: `${room}/temperature` }),
        give(`${to}/fetch`, { id: `${kind}-fetch`, paths: [`${room}/temperature`, `${room}/humidity`] }),
        give(`${to}/ipatch`, { id: `${kind}-edit`, "if-version": "0", value }),
        give(`${to}/rpc`, { id: `${kind}-rpc`, name: "/sidgate-node:check-in" }),
      ]);
      const observed = expect.any(String);
      const temperature = { path: `${room}/temperature`, value: expect.stringMatching(/^\d+\.\d+$/) };
      expect(got.map(({ status }) => status)).toEqual(["accepted", "completed"]);
      expect(got[1]).toMatchObject({ node, observed, ...temperature });
      const humidity = { path: `${room}/humidity`, value: expect.any(Number) };
      expect(fetched.at(-1)).toMatchObject({ status: "completed", node, values: [temperature, humidity] });
      expect(edited.map(({ status }) => status)).toEqual(["accepted", "completed"]);
      expect(edited[1]).toMatchObject({ node, version: "1" });
      // No simulated node has operations; a check-in is one of the gateway's own.
      expect(called.at(-1)).toMatchObject({ status: "failed", error: { "error-tag": expect.any(String) } });
      const again = { id: `${kind}-late`, "if-version": "0", value };
      expect(await ended(`${to}/ipatch`, again)).toMatchObject({
        code: 409,
        error: { "error-app-tag": "command.stale" },
      });
      const known = { id: `${kind}-known`, path: `${room}/set-point`, "max-age-s": 3600 };
      expect(await give(`${to}/get`, known)).toMatchObject([{ status: "completed", version: "1", value: "21.5" }]);
    });

    test("the gateway's own data is read and called at once", async () => {
      const node = await addNode("room-called");
      const path = `/sidgate-gateway:gateway/node[id='${node}']`;
      expect(await give("cmd/get", { id: "own-get", path: `${path}/name` })).toMatchObject([
        { status: "completed", value: "room-called" },
      ]);
      expect(await give("cmd/rpc", { id: "own-rpc", name: `${path}/remove` })).toMatchObject([{ status: "completed" }]);
      await cloud.until((lines) => events("node.removed")(lines).some((event) => event.node === node));
    });

    test("an image of an https author comes to nodes by install and by a campaign", async () => {
      const image = makeImage("trv", "2.0.0", 1000);
      const [key, cert] = ["key.pem", "cert.pem"].map((name) => readFileSync(join(folder, name)));
      const refusals = new Map([
        ["/gone.bin", 404],
        ["/busy.bin", 503],
      ]);
      author = createServer({ key, cert }, ({ url = "" }, response) => {
        const refusal = refusals.get(url);
        if (refusal === undefined) response.end(image);
        else response.writeHead(refusal).end();
      }).listen(0, "127.0.0.1");
      await once(author, "listening");
      const at = `https://localhost:${(author.address() as AddressInfo).port}`;
      const digest = createHash("sha256").update(image).digest("hex");
      const claim = { digest, model: "trv", version: "2.0.0" };
      const add = (id: string, more: object) => give("cmd/image.add", { id, ...claim, ...more });
      // One that has no image leaves no trace of it, and does no harm to who has another place for it.
      const deadline = new Date(Date.now() + 5000).toISOString();
      const late = add("late", { url: `${at}/busy.bin`, digest: "ef".repeat(32), deadline });
      const [gone, good] = await Promise.all([
        add("gone", { url: `${at}/gone.bin`, digest: "cd".repeat(32) }),
        add("image", { url: `${at}/trv-2.bin` }),
      ]);
      expect(gone.at(-1)).toMatchObject({ status: "failed", error: { "error-app-tag": "upstream.refused" } });
      expect(good).toMatchObject([{ status: "accepted" }, { status: "completed", digest }]);

      let decisions = 0;
      const plan = { image: digest, nodes: ["updates"] };
      const waiting = { status: "completed", state: "waiting-approval" };
      const create = (id: string, more: object) => ended("cmd/campaign.create", { id, ...plan, ...more });
      const decide = (verb: string, campaign: unknown, more: object = {}) =>
        ended(`cmd/campaign.${verb}`, { id: `decision-${++decisions}`, campaign, ...more });
      const forced = await create("forced", { again: true, approval: false });
      expect(forced).toMatchObject(waiting);
      expect(await decide("start", forced?.["campaign"])).toMatchObject({ ...waiting, waits: expect.any(String) });
      expect(await decide("approve", forced?.["campaign"])).toMatchObject({
        error: { "error-app-tag": "command.unknown" },
      });
      expect(await decide("abort", forced?.["campaign"])).toMatchObject({ state: "aborted" });
      const downgrade = { id: "downgrade", ...plan, reason: "2 drains batteries", approval: false };
      const lower = await ended("cmd/campaign.downgrade", downgrade);
      expect(lower).toMatchObject(waiting);
      expect(await decide("abort", lower?.["campaign"])).toMatchObject({ state: "aborted" });

      const installed = give(`n/${ids["checks-in"]}/cmd/install`, { id: "install", image: digest });
      const created = await create("campaign", {});
      const campaign = created?.["campaign"];
      expect(created).toMatchObject({ state: "running", targets: 1 });
      expect(await decide("start", campaign)).toMatchObject({ status: "completed", state: "running" });
      const paused = await decide("pause", campaign, { "if-version": created?.["version"] });
      expect(paused).toMatchObject({ state: "paused" });
      expect(await decide("start", campaign)).toMatchObject({
        error: { "error-app-tag": "campaign.state" },
      });
      expect(await decide("resume", campaign, { "if-version": created?.["version"] })).toMatchObject({ code: 409 });
      expect(await decide("resume", campaign, { "if-version": paused?.["version"] })).toMatchObject({
        state: "running",
      });
      expect((await installed).map(({ status }) => status)).toEqual(["accepted", "completed"]);
      await cloud.until((lines) =>
        events("campaign.state")(lines).some((event) => event.campaign === campaign && event.to === "done"),
      );

      const why = { "error-app-tag": expect.stringMatching(/^(upstream\.answer|image\.awaited)$/) };
      expect((await late).at(-1)).toMatchObject({ status: "expired", error: why });
      expect(await gateway.client.get("/api/images")).toMatchObject([{ digest }]);
    });
  });

  test("replay brings the events again, with the same bytes", async () => {
    await cloud.until((lines) => events("node.removed")(lines).length > 0);
    const isEvent = ({ topic }: Line): boolean => topic.endsWith("/event");
    const before = cloud.lines.filter(isEvent).map(({ payload }) => payload);
    const first = JSON.parse(before[0] ?? "{}") as { seq: string; epoch: number };
    const last = JSON.parse(before.at(-1) ?? "{}") as { seq: string };
    const from = cloud.lines.length;
    await publish("cmd/replay", { id: "replay-1", client: "bms-1", epoch: first.epoch, from: first.seq, to: last.seq });
    const [accepted, completed] = await answers("replay-1", 2);
    expect([accepted, completed]).toEqual([
      { id: "replay-1", status: "accepted" },
      { id: "replay-1", status: "completed", messages: expect.any(Number) },
    ]);
    const again = cloud.lines
      .slice(from)
      .filter(isEvent)
      .map(({ payload }) => payload);
    expect(again).toEqual(expect.arrayContaining(before));
  });

  test("given while the gateway is killed, a command waits at the broker; a retained one is reported and not carried out", async () => {
    const waits = await Promise.all(Array.from({ length: inDrill(3, 50) }, (_, n) => addNode(`room-wait-${n}`)));
    const kept = await addNode("room-kept");
    await gateway.kill();
    await Promise.all(waits.map((node, n) => publish("cmd/node.remove", { id: `wait-${n}`, client: "bms-1", node })));
    await publish("cmd/node.remove", { id: "kept", client: "bms-1", node: kept }, "5", "-r");
    await gateway.up();
    for (const [n, node] of waits.entries()) {
      expect(await answers(`wait-${n}`)).toEqual([{ id: `wait-${n}`, status: "completed", node }]);
    }
    const isRetained = ({ error }: { readonly error: string }): boolean => error === "command.retained";
    const seen = await cloud.until((lines) => events("command.refused")(lines).some(isRetained));
    expect(events("node.removed")(seen).filter((event) => event.node === kept)).toEqual([]);
    expect(answersTo("kept")(cloud.lines)).toEqual([]);
  });

  drill("MQTT 3.1.1 at the embedded broker: the same answers", async () => {
    const trial = await GatewayProcess.start(`mqtt: { embedded: { port: 0 }, rights: ["*: all"] }\n`);
    const port = trial.brokerPort;
    const site = `sidgate/1/${trial.status.site}`;
    const listener = await subscribe(port, `${site}/rsp/#`, "311");
    const give = (op: string, payload: object) =>
      run(PUB, [
        "-h",
        "127.0.0.1",
        "-p",
        String(port),
        "-q",
        "1",
        "-t",
        `${site}/cmd/${op}`,
        "-m",
        JSON.stringify(payload),
      ]);
    await give("node.join", { id: "1", client: "bms-1", endpoint: "room-1" });
    await give("rebirth", { id: "2", client: "bms-1" });
    await give("node.remove", { id: "3", client: "bms-1", node: "nobody" });
    const lines = await listener.until((seen) => seen.length >= 3);
    expect(
      lines
        .map(({ payload }) => JSON.parse(payload))
        .map(({ id, status }) => [id, status])
        .sort(),
    ).toEqual([
      ["1", "completed"],
      ["2", "completed"],
      ["3", "failed"],
    ]);
    await listener.close();
    await trial.stop();
  });
});
