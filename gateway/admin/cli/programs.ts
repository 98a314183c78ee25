/** What the command line starts but does not know how to do: the composition root supplies these. */
import type { Millis } from "../../base/index.ts";
import type { Command } from "../../store/inbox.ts";
import type { BackupStream } from "../api/index.ts";
import type { ReleasePrograms } from "./release.ts";
import type { SidPrograms } from "./sid.ts";
import type { YangPrograms } from "./yang.ts";

export interface RunOptions {
  readonly config?: string;
  /** Overrides the `data` setting. */
  readonly data?: string;
}

export interface GatewayOptions extends RunOptions {
  /** Voids all credentials: the site's key is lost, or others have it. */
  readonly newSiteKey?: boolean;
  /** The data folder was put back from a copy: begins a new epoch. */
  readonly restored?: boolean;
}

export interface TryOptions {
  readonly nodes: number;
  /** Shares, 0 to 1. */
  readonly loss: number;
  readonly fail: number;
  readonly silent: number;
  /** In percent, of the groups before the last one. */
  readonly waves?: readonly number[];
  /** The gateway is killed again and again. */
  readonly kill: boolean;
  /** The image is a small change of the one that the nodes run. */
  readonly delta: boolean;
  readonly seed: number;
  readonly json: boolean;
  /** Without OSCORE and without signatures, for comparison. */
  readonly plain: boolean;
  /** Kept afterwards; without it a temporary folder is used. */
  readonly data?: string;
}

export interface SimOptions {
  readonly gateway: string;
  readonly nodes: number;
  readonly loss: number;
  readonly seed: number;
  readonly wakeInterval: Millis;
  /** File of credentials: its nodes are simulated. */
  readonly credentials?: string;
  /** Without OSCORE, for comparison and for a gateway in lab mode. */
  readonly plain: boolean;
  /** They serve their datastore themselves, and are always on. */
  readonly serve: boolean;
  /** Data folder of a gateway on this machine: the nodes are added to its inventory. */
  readonly data?: string;
  /** Further folders of .sid files. */
  readonly models: readonly string[];
  /** Files of keys: the nodes verify what they install, and install nothing that none of them signed. */
  readonly trust: readonly string[];
  /** Domain of whoever made the nodes. */
  readonly vendor?: string;
  readonly model?: string;
  /** Without it the model. */
  readonly class?: string;
  /** Share of the nodes that know no signature, only the MAC of their gateway. */
  readonly small: number;
  /** What the nodes report besides their own leaves. */
  readonly report: ReadonlyArray<{ readonly path: string; readonly value: string }>;
}

export interface AskOptions {
  readonly method: "GET" | "POST" | "PUT" | "DELETE" | "FETCH" | "PATCH" | "iPATCH";
  readonly uri: string;
  /** File of one credential: who asks. Without it the request is unprotected. */
  readonly as?: string;
  /** Hex digits, or `@FILE`. */
  readonly payload?: string;
  /** Content format of the payload. */
  readonly format?: number;
  readonly accept?: number;
  readonly observe: boolean;
  readonly timeout: Millis;
  readonly models: readonly string[];
  readonly json: boolean;
}

export interface ConfigOptions {
  readonly config?: string;
}

export interface DoctorOptions extends RunOptions {
  readonly json: boolean;
}

export const SERVICE_PROGRAMS = ["run", "gateway", "bridge"] as const;

export interface ServiceInstallOptions {
  readonly program: (typeof SERVICE_PROGRAMS)[number];
  readonly config: string;
  /** Where the file system begins. */
  readonly root: string;
  /** The unit is shown, and nothing written. */
  readonly print: boolean;
}

export interface BackupOptions extends RunOptions {
  readonly label?: string;
  /** The site's key goes with it. */
  readonly keys: boolean;
}

export interface RestoreOptions extends RunOptions {
  /** Of the backup. */
  readonly file: string;
  /** File of the site's key, for a backup without it. */
  readonly siteKey?: string;
  readonly json: boolean;
}

/** Each resolves with the exit code. */
export interface Programs {
  /** Everything in one process. */
  run(options: GatewayOptions): Promise<number>;
  /** Without the MQTT half. */
  gateway(options: GatewayOptions): Promise<number>;
  /** The MQTT half alone. */
  bridge(options: RunOptions): Promise<number>;
  try(options: TryOptions): Promise<number>;
  sim(options: SimOptions): Promise<number>;
  ask(options: AskOptions): Promise<number>;
  configCheck(options: ConfigOptions): Promise<number>;
  configShow(options: ConfigOptions & { readonly origin: boolean }): Promise<number>;
  serviceInstall(options: ServiceInstallOptions): Promise<number>;
  /** What is right and what is not, of all that a gateway with this configuration needs. */
  doctor(options: DoctorOptions): Promise<number>;
  /** Of a data folder that no gateway runs on; to be closed. */
  backUpStopped(options: BackupOptions): Promise<BackupStream>;
  restore(options: RestoreOptions): Promise<number>;
  /** Path of the control socket of the data folder that these options name. */
  controlSocket(options: RunOptions): string | Promise<string>;
  readonly yang: YangPrograms;
  readonly sid: SidPrograms;
  readonly release: ReleasePrograms;
  /** What a plan of a campaign in YAML asks for, as arguments of its commands. Throws UsageError `cli.*`, `campaign.plan-file`. */
  campaignPlan(file: string): Promise<Command["args"]>;
}
