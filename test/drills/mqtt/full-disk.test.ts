/**
 * The disk of `sidgate run` fills up under load: first the outbox waits, while facts and commands go on; then nothing is taken any
 * more, and everybody is told so. Once there is room again all that was answered is there, and is told, in order.
 */
import { existsSync } from "node:fs";
import { mkdir, rm, statfs, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "@jest/globals";
import type { Status } from "../../../gateway/admin/api/index.ts";
import { GatewayClient, GatewayRefusal } from "../../../gateway/admin/cli/gateway-client.ts";
import { SILENT } from "../../../gateway/base/index.ts";
import { controlSocketPath } from "../../../gateway/store/folder/owner.ts";
import { openFileJournal } from "../../../gateway/store/index.ts";
import { smallDisk } from "../../store/small-disk.ts";
import { Program } from "../../support/apart.ts";
import { hasMosquitto } from "../../support/bridge-mosquitto.ts";
import { inDrill } from "../../support/drill.ts";
import { eventually, giveCompiled } from "../../support/gateway-process.ts";
import { MortalBroker } from "./broker.ts";
import { Consumer, faultsIn, isTold, report } from "./consumer.ts";

const MIB = 2 ** 20;
const ROUNDS = inDrill(1, 4);
const COMMANDS = inDrill(5, 60);
const disk = hasMosquitto ? smallDisk("64m") : undefined;

/** Leaves so many bytes of the disk free. */
async function fill(folder: string, free: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  await writeFile(join(folder, "ballast"), new Uint8Array(Math.max(0, bavail * bsize - free)));
}

(disk === undefined ? describe.skip : describe)("a full disk (needs mosquitto and the right to mount a tmpfs)", () => {
  const folder = disk ?? "";
  const data = join(folder, "data");
  const program = new Program(["run", "--config", join(folder, "sidgate.yaml")]);
  const client = new GatewayClient(controlSocketPath(data));
  const open: Array<{ close(): Promise<void> }> = [];
  afterAll(async () => {
    await program.end("SIGKILL");
    for (const part of open.reverse()) await part.close();
  });

  const isUp = (): Promise<boolean> =>
    client.get<Status>("/api/status").then(
      () => true,
      () => false,
    );
  const readiness = async (): Promise<string> => {
    const address = /http:\/\/127\.0\.0\.1:\d+/g.exec(program.output.split("status page").at(-1) ?? "")?.[0];
    return String((await fetch(`${address}/readyz`)).status);
  };
  let count = 0;
  /** The codes of refusals, and whom the gateway says to have added. */
  const added: string[] = [];
  const add = async (): Promise<string> => {
    const endpoint = `room-${count++}`;
    try {
      await client.command("node.add", { endpoint });
      added.push(endpoint);
      return "added";
    } catch (error) {
      return error instanceof GatewayRefusal ? error.code : String(error);
    }
  };
  const addSome = async (): Promise<readonly string[]> => {
    const ends = new Set<string>();
    for (let n = 0; n < COMMANDS; n++) ends.add(await add());
    return [...ends];
  };

  test("what was answered is kept and told once there is room; what was refused says why", async () => {
    await mkdir(data);
    await giveCompiled(data);
    const broker = await MortalBroker.start();
    open.push(broker);
    const consumer = new Consumer(broker.url, "drill");
    open.push(consumer);
    await consumer.subscribed();
    await writeFile(
      join(folder, "sidgate.yaml"),
      `data: ${data}\ncoap: { listen: ["127.0.0.1:0"] }\ntrust: { mode: lab }\nadmin: { listen: "127.0.0.1:0" }\nmqtt: { url: "${broker.url}" }\nlog: { level: warn }\n`,
    );
    program.start();
    await eventually("the gateway answers", isUp);
    const told = (): number => consumer.history.filter(({ type }) => type === "node.joined").length;
    for (let round = 0; round < ROUNDS; round++) {
      expect(await addSome()).toEqual(["added"]);
      await eventually("they are told", () => told() === added.length);

      // Too little for the outbox, which keeps some megabytes free; enough for the journal.
      await fill(folder, 2 * MIB);
      expect(await addSome()).toEqual(["added"]);
      await rm(join(folder, "ballast"));
      await eventually("they are told", () => told() === added.length);

      await fill(folder, 0);
      const ends: string[] = [];
      await eventually("the disk is full", async () => {
        ends.push(await add());
        return ends.at(-1) !== "added";
      });
      expect(ends.at(-1)).toBe("store.write-failed");
      // It stays, and says so to whoever asks; once there is room it ends, for a service manager to start it again.
      await eventually("it says why", async () => (await readiness()) === "503");
      expect(program.state).toBe("running");
      await rm(join(folder, "ballast"));
      await eventually("it ends", () => program.state !== "running");
      expect(program.state).toEqual({ code: 74, signal: null });
      program.start();
      await eventually("the gateway answers", isUp);
    }
    expect(await addSome()).toEqual(["added"]);
    await program.end("SIGTERM");
    const journal = await openFileJournal({ folder: join(data, "journal"), log: SILENT });
    const facts = await journal.read(journal.first, journal.last);
    await journal.close();
    program.start();
    const produced = facts.filter(isTold).length;
    await eventually("all is told", () => consumer.history.length > produced);
    const history = consumer.history.filter(({ seq }) => Number(seq) <= facts.length);
    report(
      `disk full ${ROUNDS} times`,
      `${consumer.counts(produced + consumer.history.length - history.length)}; ${added.length} commands answered, ${count - added.length} refused`,
    );
    expect(faultsIn(history, facts)).toEqual([]);
    const joined = facts.flatMap((fact) => (fact.type === "node.joined" ? [fact.endpoint] : []));
    expect(joined).toEqual(expect.arrayContaining(added));
    expect(existsSync(join(folder, "ballast"))).toBe(false);
  }, 200_000);
});
