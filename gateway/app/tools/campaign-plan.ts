/** A campaign's plan as a person writes it in YAML: the words of the command line, and what they come to as arguments. */
import { z } from "zod";
import { parseDuration, parseInteger, parsePercent } from "../../admin/api/quantities.ts";
import type { Detailed } from "../../admin/cli/index.ts";
import { UsageError } from "../../base/index.ts";
import { MAX_GROUPS } from "../../service/campaign/index.ts";
import { type PlanFinding, readYaml, shownFinding } from "../../service/trust/author/index.ts";
import type { Command } from "../../store/index.ts";
import type { Json } from "../../yang/index.ts";
import { present } from "../campaign/arguments.ts";
import { asText, readFileBytes } from "./input.ts";

class CampaignPlanError extends UsageError<"campaign.plan-file"> implements Detailed {
  readonly details: readonly string[];

  constructor(path: string, findings: readonly PlanFinding[]) {
    super("campaign.plan-file", { path, count: findings.length });
    this.details = findings.map((finding) => shownFinding(path, finding));
  }
}

/** Far above any plan that a person writes. */
const MAX_PLAN = 1024 * 1024;

/** Throws UsageError `cli.*`, `campaign.plan-file` with every finding. */
export async function campaignPlan(path: string): Promise<Command["args"]> {
  const text = asText(await readFileBytes(path, MAX_PLAN), path);
  return argumentsOf(readYaml(text, path, PLAN, (findings) => new CampaignPlanError(path, findings)));
}

/** Every value comes in as text. */
const read = <T>(parse: (text: string) => T | undefined, problem: string) =>
  z.string(problem).transform((raw, context): T => {
    const value = parse(raw);
    if (value !== undefined) return value;
    context.addIssue(problem);
    return z.NEVER;
  });
const whole = (min: number, max: number) =>
  read(
    (raw) => (raw.startsWith("-") ? -(parseInteger(raw.slice(1), 0, -min) ?? Number.NaN) : parseInteger(raw, min, max)),
    `must be a whole number from ${min} to ${max}`,
  ).refine((value) => !Number.isNaN(value), `must be a whole number from ${min} to ${max}`);
const percent = read((raw) => parsePercent(raw) || undefined, "must be a percentage above 0, e.g. 5%");
const yesNo = read((raw) => ({ yes: true, no: false, true: true, false: false })[raw], "must be yes or no");
const words = (max: number) =>
  z.string("must be text").min(1, "must not be empty").max(max, `must have at most ${max} characters`);
const list = (item: z.ZodType<string>) => z.array(item, "must be a list").min(1, "must name at least one");
const seconds = read((raw) => {
  const span = parseDuration(raw);
  return span === undefined || span <= 0 ? undefined : Math.ceil(span / 1000);
}, "must be a duration, e.g. 10m");
const size = read((raw): string | number | undefined => {
  if (raw === "rest") return raw;
  if (raw.endsWith("%")) return parsePercent(raw) ? raw : undefined;
  return parseInteger(raw, 1, Number.MAX_SAFE_INTEGER);
}, "must be a share such as 5%, a number of nodes, or rest");

const KEYS = "must hold the keys of a plan";
export const GROUP = z.strictObject(
  {
    name: words(64).optional(),
    size,
    "stop-at": percent.optional(),
    success: percent.optional(),
    pause: yesNo.optional(),
  },
  "must be a group: size, and if wanted name, stop-at, success, pause",
);
export const PLAN = z.strictObject(
  {
    image: words(128).optional(),
    release: words(128).optional(),
    name: words(64).optional(),
    filter: words(4096).optional(),
    nodes: list(words(128)).optional(),
    hardware: list(words(64)).optional(),
    "min-battery": whole(1, 100_000).optional(),
    groups: z
      .array(GROUP, "must be a list")
      .min(1, "must be one group or more")
      .max(MAX_GROUPS, `must be at most ${MAX_GROUPS} groups`)
      .optional(),
    "stop-at": percent.optional(),
    "silent-after": whole(1, 1000).optional(),
    attempts: whole(1, 100).optional(),
    priority: whole(-1000, 1000).optional(),
    "per-mesh": whole(1, 100_000).optional(),
    "download-windows": list(words(128)).optional(),
    "apply-windows": list(words(128)).optional(),
    "confirm-within": seconds.optional(),
    deadline: words(64).optional(),
    "late-joiners": yesNo.optional(),
    approval: yesNo.optional(),
    again: yesNo.optional(),
  },
  KEYS,
);

/** As `campaign.create` takes them. */
function argumentsOf(plan: z.output<typeof PLAN>): Command["args"] {
  const { image, release, name, filter, nodes, hardware, attempts, priority, deadline, approval, again } = plan;
  const args: Readonly<Record<string, Json>> = present({
    ...{ image, release, name, filter, nodes, hardware, attempts, priority, deadline, approval, again },
    minBatteryMv: plan["min-battery"],
    groups: plan.groups?.map(groupOf),
    stopAtPct: plan["stop-at"],
    silentAfter: plan["silent-after"],
    concurrency: plan["per-mesh"],
    download: plan["download-windows"],
    apply: plan["apply-windows"],
    confirmWithin: plan["confirm-within"],
    lateJoiners: plan["late-joiners"],
  }) as Readonly<Record<string, Json>>;
  return args;
}

const groupOf = ({ "stop-at": errorPct, success: successPct, ...group }: z.output<typeof GROUP>): Json =>
  present({ ...group, errorPct, successPct }) as Readonly<Record<string, Json>>;
