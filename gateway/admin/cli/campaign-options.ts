/** What a campaign is asked to be, on the command line: options, and the arguments that they and a plan file come to. */
import { type Command, InvalidArgumentError, Option } from "commander";
import { type Millis, UsageError } from "../../base/index.ts";
import type { Command as InboxCommand } from "../../store/inbox.ts";
import type { Json } from "../../yang/api.ts";
import { parsePercent } from "../api/quantities.ts";
import { given } from "./asking.ts";
import { OPTIONS } from "./options.ts";

export interface CampaignOptions {
  readonly image?: string;
  readonly release?: string;
  readonly plan?: string;
  readonly name?: string;
  readonly filter?: string;
  readonly nodes?: readonly string[];
  readonly hardware?: readonly string[];
  readonly minBattery?: number;
  readonly canary?: Size;
  readonly waves?: readonly Size[];
  readonly success?: number;
  readonly pause?: true;
  readonly stopAt?: number;
  readonly silentAfter?: number;
  readonly attempts?: number;
  readonly priority?: number;
  readonly perMesh?: number;
  readonly downloadWindow?: readonly string[];
  readonly applyWindow?: readonly string[];
  readonly confirmWithin?: Millis;
  readonly deadline?: string;
  readonly lateJoiners?: true;
  readonly approval?: true;
  readonly again?: true;
}

/** `5%`, so many nodes, or the rest. */
type Size = string | number;

export const CAMPAIGN_OPTIONS = {
  image: () => new Option("--image <id>", "short id or SHA-256 of the image"),
  release: () =>
    new Option("--release <id>", "digest of the release's manifest, or its first 8 digits: the image that it names"),
  plan: () => new Option("--plan <file>", "a plan in YAML; what is said here as well comes before what it says"),
  filter: () => new Option("--filter <expression>", `which nodes, e.g. 'model == "valve-2" and battery >= 2600'`),
  hardware: () => OPTIONS.listed("--hardware <revisions>", "only these hardware revisions, separated by commas"),
  minBattery: () => OPTIONS.counted("--min-battery <millivolts>", "leave out nodes whose battery is lower", 100_000),
  canary: () =>
    new Option("--canary <size>", "a first group: a share such as 5%, or a number of nodes").argParser(size),
  waves: () =>
    new Option("--waves <sizes>", "the groups after it, e.g. 10%,40%,rest").argParser((text) =>
      text.split(",").map((part) => size(part.trim())),
    ),
  success: () => OPTIONS.threshold("--success <percent>", "done nodes of a group from which on the next one may begin"),
  pause: () => new Option("--pause", "after each group a person looks first, and resumes"),
  attempts: () => OPTIONS.counted("--attempts <count>", "how often a node may fail before it is left alone", 100),
  priority: () =>
    new Option("--priority <number>", "of two campaigns the node hears of the higher one (default: 0)").argParser(
      whole,
    ),
  perMesh: () => OPTIONS.counted("--per-mesh <count>", "nodes of one mesh that may fetch at a time", 100_000),
  downloadWindow: () =>
    OPTIONS.repeated(
      "--download-window <window>",
      "when fetching may begin, e.g. 'Mo-Fr 22:00-05:00'; may be repeated",
    ),
  applyWindow: () => OPTIONS.repeated("--apply-window <window>", "when nodes may install; may be repeated"),
  confirmWithin: () =>
    OPTIONS.span("--confirm-within <duration>", "a node that hears no answer with its new image so long falls back"),
  deadline: () => new Option("--deadline <when>", "offers end then: a span such as 14d, or a time (RFC 3339)"),
  lateJoiners: () => new Option("--late-joiners", "nodes that come or fit later take part, in the last group"),
  approval: () => new Option("--approval", "nothing is offered until a second person approves"),
  again: () => new Option("--again", "nodes in quarantine, which failed with this image, take part, too"),
} as const;

/** To `start`, `preview` and `downgrade`. */
export function addCampaignOptions(command: Command): Command {
  for (const option of Object.values(CAMPAIGN_OPTIONS)) command.addOption(option());
  return command
    .addOption(OPTIONS.name())
    .addOption(OPTIONS.targets())
    .addOption(OPTIONS.stopAt())
    .addOption(OPTIONS.silentAfter());
}

function size(text: string): Size {
  if (text === "rest") return text;
  if (/^[1-9]\d*$/.test(text)) return Number(text);
  const percent = text.endsWith("%") ? parsePercent(text) : undefined;
  if (percent !== undefined && percent > 0) return `${percent}%`;
  throw new InvalidArgumentError("It must be a share such as 5%, a number of nodes, or rest.");
}

function whole(text: string): number {
  if (/^-?\d{1,4}$/.test(text) && Math.abs(Number(text)) <= 1000) return Number(text);
  throw new InvalidArgumentError("It must be a whole number from -1000 to 1000.");
}

/** The options as arguments; `plan`: what the file says, which they come before. */
export function campaignArguments(options: CampaignOptions, plan: InboxCommand["args"] = {}): InboxCommand["args"] {
  const { image, release, name, filter, nodes, hardware, silentAfter, attempts, priority, deadline } = options;
  const { lateJoiners, approval, again } = options;
  const own = {
    ...{ image, release, name, filter, nodes, hardware, silentAfter, attempts, priority, deadline },
    ...{ lateJoiners, approval, again },
    minBatteryMv: options.minBattery,
    stopAtPct: options.stopAt,
    concurrency: options.perMesh,
    download: options.downloadWindow,
    apply: options.applyWindow,
    confirmWithin: options.confirmWithin === undefined ? undefined : Math.ceil(options.confirmWithin / 1000),
    groups: groupsOf(options),
  };
  const args: Readonly<Record<string, Json>> = given(own);
  return { ...plan, ...args };
}

/** The last group needs no threshold and no pause: nothing comes after it. */
function groupsOf({ canary, waves, success, pause }: CampaignOptions): readonly Json[] | undefined {
  if (canary === undefined && waves === undefined) {
    if (success === undefined && pause === undefined) return undefined;
    throw new UsageError("cli.usage", {
      what: "--success and --pause are about groups: name some with --canary or --waves",
    });
  }
  const following = (waves ?? ["rest"]).map((each, at) => ({
    name: each === "rest" ? "rest" : `wave-${at + 1}`,
    size: each,
  }));
  const all = [...(canary === undefined ? [] : [{ name: "canary", size: canary }]), ...following];
  return all.map((group, at) =>
    at === all.length - 1 ? group : { ...group, ...given({ successPct: success, pause }) },
  );
}
