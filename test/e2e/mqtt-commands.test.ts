/** docs/mqtt.md, "Commands" — with a real Mosquitto, its own tools as the cloud application, and a real gateway that is killed. */
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import {
  hasMosquitto,
  type Line,
  type Mosquitto,
  type Subscriber,
  startMosquitto,
  subscribe,
} from "../support/bridge-mosquitto.ts";
import { drill, inDrill } from "../support/drill.ts";
import { GatewayProcess } from "../support/gateway-process.ts";

const run = promisify(execFile);
const PUB = "/usr/bin/mosquitto_pub";
const RR = "/usr/bin/mosquitto_rr";
const SUB = "/usr/bin/mosquitto_sub";
const hasTools = hasMosquitto && existsSync(PUB) && existsSync(RR);

type Version = "5" | "311";

describe("commands over MQTT", () => {
  if (!hasTools) {
    test.skip("needs mosquitto, mosquitto_pub and mosquitto_rr (apt-get install mosquitto mosquitto-clients)", () => {});
    return;
  }
  let broker: Mosquitto;
  let gateway: GatewayProcess;
  let cloud: Subscriber;
  let root: string;

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
    const to = ["-h", "127.0.0.1", "-p", String(broker.port), "-V", "5", "-q", "1", "-W", "20"];
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

  beforeAll(async () => {
    broker = await startMosquitto();
    gateway = await GatewayProcess.start(`mqtt: { url: "${broker.url}", rights: ["*: all", "reader: read"] }\n`);
    root = `sidgate/1/${gateway.status.site}`;
    cloud = await subscribe(broker.port, `${root}/#`, "5");
  });
  afterAll(async () => {
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
    const at = ["-h", "127.0.0.1", "-p", String(broker.port), "-V", "5", "-q", "1", "-W", "20", "-C", "1", "-d"];
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
