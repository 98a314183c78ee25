/** What every way to the inbox must do: straight to it, or from another process. */
import { expect, test } from "@jest/globals";
import { millis, SILENT, systemClock, UsageError } from "../../gateway/base/index.ts";
import {
  type Command,
  type CommandHandler,
  CommandInbox,
  type CommandPort,
  type Fact,
  Ledger,
  memoryJournal,
  memoryState,
} from "../../gateway/store/index.ts";

export type CommandsDriver = (inbox: CommandInbox) => Promise<CommandPort>;

const command = (id: string, op = "do", more: Partial<Command> = {}): Command => ({
  id,
  op,
  args: { text: "ö", list: [1, 2.5, null, { deep: true }] },
  actor: "mqtt:bms-1",
  ...more,
});

export function commandsContract(name: string, makeDriver: () => Promise<CommandsDriver>): void {
  const open = async () => {
    const clock = systemClock();
    const inbox = new CommandInbox(SILENT, { clock });
    const ledger = await Ledger.open({
      journal: memoryJournal(),
      state: memoryState(),
      projections: [inbox],
      clock,
      log: SILENT,
    });
    const facts: Fact[] = [];
    ledger.onFact((fact) => facts.push(fact));
    const ran: Command["args"][] = [];
    inbox.serve(
      new Map<string, CommandHandler>([
        [
          "do",
          async (args) => {
            ran.push(args);
            return { did: args };
          },
        ],
        ["fail", () => Promise.reject(new UsageError("node.unknown", { node: "x" }))],
      ]),
      ledger,
    );
    return { port: await (await makeDriver())(inbox), facts, ran };
  };
  const reply = { topic: "sidgate/1/s/rsp/x", correlation: Uint8Array.of(1, 0, 255) };

  test(`${name}: arguments, deadline and address of the reply arrive as they were given`, async () => {
    const { port, facts, ran } = await open();
    const given = command("c-1", "do", { reply, deadline: millis(systemClock().now() + 60_000) });
    expect(await port.take(given)).toEqual({
      outcome: { status: "completed", result: { did: given.args } },
      recorded: true,
    });
    expect(ran).toEqual([given.args]);
    expect(facts).toMatchObject([
      { type: "command.begun" },
      { type: "command.done", id: "c-1", actor: "mqtt:bms-1", reply },
    ]);
  });

  test(`${name}: an id runs once, whatever else comes under it`, async () => {
    const { port, ran } = await open();
    const [first, ...others] = await Promise.all([port.take(command("c-1")), port.take(command("c-1"))]);
    others.push(await port.take(command("c-1")));
    expect(others).toEqual(others.map(() => ({ outcome: first?.outcome, recorded: false })));
    expect(ran.length).toBe(1);
    expect(await port.take(command("c-1", "fail"))).toMatchObject({ outcome: { error: { code: "command.repeated" } } });
  });

  test(`${name}: what fails, and what there is not, is told with its code`, async () => {
    const { port } = await open();
    const failed = (code: string, recorded: boolean) => ({ outcome: { status: "failed", error: { code } }, recorded });
    expect(await port.take(command("c-1", "fail"))).toMatchObject(failed("node.unknown", true));
    expect(await port.take(command("c-2", "nothing"))).toMatchObject(failed("command.unknown", false));
  });

  test(`${name}: a refusal is recorded`, async () => {
    const { port, facts } = await open();
    port.refuse({ code: "command.retained", text: "t", actor: "mqtt:x", times: 3 });
    await port.take(command("c-1"));
    expect(facts[0]).toMatchObject({ type: "command.refused", code: "command.retained", times: 3 });
  });
}
