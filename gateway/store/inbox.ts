/** The inbox port: commands from every face (CLI, console, MQTT, CWMP) enter here, once per id. */
import type { Json } from "../yang/api.ts";

export interface Command {
  /** Idempotency key; the same id again gets the stored answer. */
  readonly id: string;
  /** e.g. `node.add`, `image.add`, `campaign.create`. */
  readonly op: string;
  readonly args: { readonly [name: string]: Json };
  /** Who asked, e.g. `cli:root`, `mqtt:bms-1`. */
  readonly actor: string;
}

export type Outcome =
  | { readonly status: "completed"; readonly result: Json }
  | { readonly status: "failed"; readonly error: { readonly code: string; readonly text: string; readonly hint: string } };

export type CommandHandler = (args: Command["args"], actor: string) => Promise<Json>;

export interface Inbox {
  submit(command: Command): Promise<Outcome>;
}
