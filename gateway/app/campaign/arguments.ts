/** What a campaign is asked to be: the arguments of `campaign.create`, `.preview`, `.downgrade` and `.install`. */
import { z } from "zod";
import { parseDuration, parsePercent } from "../../admin/api/quantities.ts";
import { type Millis, millis, UsageError } from "../../base/index.ts";
import { type GroupWish, MAX_GROUPS, parseWindow, wholeGroup, windowState } from "../../service/campaign/index.ts";
import type { CampaignPlan } from "../../store/index.ts";
import { plainText } from "../inbox/arguments.ts";

/** `5%`, a number of nodes, or the rest of them. */
const SIZE = z.union([z.int(), z.string()]).transform((raw, context): GroupWish["size"] => {
  if (raw === "rest") return raw;
  if (typeof raw === "number" && raw >= 1) return { nodes: raw };
  const percent = typeof raw === "string" && raw.endsWith("%") ? parsePercent(raw) : undefined;
  if (percent !== undefined && percent > 0) return { percent };
  context.addIssue("must be a share such as 5%, a number of nodes, or rest");
  return z.NEVER;
});

const PERCENT = z.number().gt(0).max(100);

const GROUP = z.strictObject({
  name: plainText(64).optional(),
  size: SIZE,
  errorPct: PERCENT.optional(),
  successPct: PERCENT.optional(),
  pause: z.boolean().optional(),
});

/** RFC 3339, or a span from now on. */
const DEADLINE = z.string().transform((raw, context): { readonly at: Millis } | { readonly within: Millis } => {
  const within = parseDuration(raw);
  if (within !== undefined) return { within };
  const at = /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})$/.test(raw)
    ? Date.parse(raw)
    : Number.NaN;
  if (!Number.isNaN(at)) return { at: millis(at) };
  context.addIssue("must be a time such as 2026-12-24T05:00:00Z, or a span such as 14d");
  return z.NEVER;
});

const WINDOWS = z.array(z.string().min(1).max(128)).min(1).max(16);
/** A week: beyond that nobody would call it a trial. */
const MAX_CONFIRM = 604_800;

const WHAT = { image: z.string().min(1).max(128).optional(), release: z.string().min(1).max(128).optional() };

const CAMPAIGN_MEMBERS = {
  ...WHAT,
  name: plainText(64).optional(),
  filter: z.string().min(1).max(4096).optional(),
  nodes: z.array(z.string().min(1).max(128)).min(1).optional(),
  hardware: z.array(plainText(64)).min(1).max(64).optional(),
  minBatteryMv: z.int().min(1).max(100_000).optional(),
  groups: z.array(GROUP).min(1).max(MAX_GROUPS).optional(),
  stopAtPct: PERCENT.optional(),
  silentAfter: z.int().min(1).max(1000).optional(),
  attempts: z.int().min(1).max(100).optional(),
  priority: z.int().min(-1000).max(1000).optional(),
  concurrency: z.int().min(1).max(100_000).optional(),
  download: WINDOWS.optional(),
  apply: WINDOWS.optional(),
  confirmWithin: z.int().min(1).max(MAX_CONFIRM).optional(),
  deadline: DEADLINE.optional(),
  lateJoiners: z.boolean().optional(),
  approval: z.boolean().optional(),
  again: z.boolean().optional(),
};

export const CAMPAIGN_CREATE = z.strictObject(CAMPAIGN_MEMBERS);
/** The only way to a lower version, so somebody has to say why. */
export const CAMPAIGN_DOWNGRADE = z.strictObject({ ...CAMPAIGN_MEMBERS, reason: plainText(255) });
/** A preview of either. */
export const CAMPAIGN_PREVIEW = z.strictObject({ ...CAMPAIGN_MEMBERS, reason: plainText(255).optional() });
export const CAMPAIGN_INSTALL = z.strictObject({
  ...WHAT,
  node: z.string().min(1),
  again: z.boolean().optional(),
  approval: z.boolean().optional(),
  deadline: DEADLINE.optional(),
});

export type CampaignArguments = z.output<typeof CAMPAIGN_PREVIEW>;

/** What a site has for campaigns that say nothing of it. */
export interface CampaignDefaults {
  readonly stopAtPct: number;
  readonly silentAfter: number;
  readonly attempts: number;
  /** Maintenance windows; none = always. */
  readonly download: readonly string[];
  readonly apply: readonly string[];
}

export interface PlanSources {
  readonly defaults: CampaignDefaults;
  /** Of the site, for windows that name none. */
  readonly zone: string;
  readonly now: Millis;
}

/** How it is to go. Throws UsageError `campaign.plan`, `campaign.window`. */
export function planWished(args: CampaignArguments, sources: PlanSources): Omit<CampaignPlan, "groups"> {
  const { attempts, priority, concurrency, confirmWithin, filter, hardware, minBatteryMv, reason } = args;
  const { defaults, now } = sources;
  const [download, apply] = [
    windowsOf(args.download, defaults.download, sources),
    windowsOf(args.apply, defaults.apply, sources),
  ];
  const deadline = deadlineOf(args, now);
  checkMoments({ download, apply, deadline }, sources);
  if (args.lateJoiners && args.nodes !== undefined) {
    throw contradiction("lateJoiners", "the nodes are named one by one, so that none can join later");
  }
  return {
    attempts: attempts ?? defaults.attempts,
    ...present({ priority, concurrency, confirmWithin, filter, hardware, minBattery: minBatteryMv, deadline }),
    ...present({ downgrade: reason, download, apply }),
    ...(args.lateJoiners ? { lateJoiners: true } : {}),
    ...(args.again ? { again: true } : {}),
    ...(args.approval ? { approval: true } : {}),
  };
}

/** In which groups; of all nodes at once without any. */
export function groupsWished({ groups, stopAtPct }: CampaignArguments, defaults: CampaignDefaults): GroupWish[] {
  const errorPct = stopAtPct ?? defaults.stopAtPct;
  if (groups === undefined) return [wholeGroup(errorPct)];
  return groups.map(({ name, size, errorPct: own, successPct, pause }, index) => ({
    name: name ?? (size === "rest" ? "rest" : `wave-${index + 1}`),
    size,
    errorPct: own ?? errorPct,
    ...present({ successPct }),
    ...(pause ? { pause: true } : {}),
  }));
}

function windowsOf(
  own: readonly string[] | undefined,
  ofSite: readonly string[],
  { zone }: PlanSources,
): readonly string[] | undefined {
  const windows = own ?? ofSite;
  for (const window of windows) parseWindow(window, zone);
  return windows.length === 0 ? undefined : windows;
}

function deadlineOf({ deadline }: CampaignArguments, now: Millis): Millis | undefined {
  if (deadline === undefined) return undefined;
  const at = "at" in deadline ? deadline.at : millis(now + deadline.within);
  if (at <= now) throw contradiction("deadline", "it has passed already");
  return at;
}

/** A deadline before the first window leaves nobody any time. */
function checkMoments(
  { deadline, ...windows }: { readonly [M in "deadline" | "download" | "apply"]: CampaignPlan[M] | undefined },
  { zone, now }: PlanSources,
): void {
  if (deadline === undefined) return;
  for (const [name, texts] of Object.entries(windows)) {
    const state = windowState(
      (texts ?? []).map((text) => parseWindow(text, zone)),
      now,
    );
    if (!state.open && (state.next === undefined || state.next >= deadline)) {
      throw contradiction("deadline", `no window of '${name}' opens before it`);
    }
  }
}

export const contradiction = (field: string, what: string): UsageError =>
  new UsageError("campaign.plan", { field, what });

/** Without what is not there. */
export const present = <T extends object>(members: T): { [K in keyof T]?: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
