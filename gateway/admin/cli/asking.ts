/** What the commands that ask a running gateway have in common: how they reach it, and how they show its answer. */
import type { Command, CommandOptions } from "commander";
import type { Status } from "../api/index.ts";
import { GatewayClient } from "./gateway-client.ts";
import { OPTIONS } from "./options.ts";
import type { Programs, RunOptions } from "./programs.ts";
import { printable, printableJson, printableLines } from "./table.ts";

export interface CliContext {
  readonly programs: Programs;
  readonly version: string;
  print(text: string): void;
  /** Bytes as they are; resolves when their reader has taken them. */
  write(bytes: Uint8Array): Promise<void>;
  /** Besides the output: to people. */
  note(text: string): void;
  /** Called by a command with the exit code of its program. */
  exit(code: number): void;
}

export type Asking = RunOptions & { readonly json: boolean };

/** A command that asks a running gateway. */
export const asking = (parent: Command, name: string, description: string, how: CommandOptions = {}): Command =>
  parent
    .command(name, how)
    .description(description)
    .addOption(OPTIONS.config())
    .addOption(OPTIONS.data())
    .addOption(OPTIONS.json());

export const connect = ({ programs }: CliContext, options: RunOptions): GatewayClient =>
  new GatewayClient(async () => programs.controlSocket(options));

export const path = (collection: string, id: string): string => `/api/${collection}/${encodeURIComponent(id)}`;

/** Drops what was not given, so that the gateway applies its own defaults. */
export const given = <T extends object>(args: T): { [K in keyof T]: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(args).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };

export function show<T>({ print }: CliContext, { json }: Asking, value: T, view: (value: T) => string): void {
  print(json ? printableJson(value) : printableLines(view(value)));
}

/** One sentence says it all. */
export const tell = <T>(context: CliContext, options: Asking, value: T, sentence: (value: T) => string): void =>
  show(context, options, value, (told) => printable(sentence(told)));

/** Relative times are told by the gateway's clock, which a trial may run fast. */
export const gatewayTime = async (client: GatewayClient) => (await client.get<Status>("/api/status")).now;
