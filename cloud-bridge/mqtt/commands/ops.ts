/**
 * docs/mqtt.md, "Commands" — every command that may come in over MQTT, as one table: who may give it, what it needs, what it
 * takes. The check of a message, its way to the inbox, the manual and the machine-readable contract follow from it.
 */
import { list, type MemberRows, may, must, object, oneOf, plain, type Shape } from "../contract/shape.ts";
import { BOOLEAN, JSON_VALUE, TIME } from "../contract/words.ts";

/** What a line of `mqtt.rights` may give. */
export const RIGHTS = {
  read: "look at data, and have messages told again",
  configure: "edit and call nodes",
  update: "bring in images and releases, and roll them out",
  operate: "add and remove nodes, back up, and set how much is logged",
} as const;
export type Right = keyof typeof RIGHTS;

export interface CommandOp {
  /** Where its topic lies: `cmd/{op}` of the site, or of one node. */
  readonly level: "site" | "node";
  readonly right: Right;
  /** Without a node it may be given to the gateway's own datastore too, with this right; it is answered at once then. */
  readonly gateway?: Right;
  /** It ends at a node's wake or later, so it must say until when it is wanted. */
  readonly deadline: "needed" | "possible";
  /** Without one it gets an id of the gateway's own, and is known again by what it asks for. */
  readonly id: "needed" | "possible";
  /** Carried out by the bridge itself. */
  readonly here?: true;
  /** What it does, in a sentence. */
  readonly text: string;
  readonly arguments: MemberRows;
  /** Arguments of the inbox that are called otherwise there than by the rule (`stop-at-pct` is `stopAtPct`). */
  readonly inbox?: Readonly<Record<string, string>>;
  /** Arguments that the inbox gets whatever the message says. */
  readonly always?: Readonly<Record<string, boolean>>;
  /** With one of these it is not carried out on a command alone: a second person agrees first, whatever the message says. */
  readonly guarded?: readonly string[];
}

const words = (max: number): Shape<string> =>
  plain({ type: "string", minLength: 1, maxLength: max }, "string", `text, up to ${max}`);
const whole = (min: number, max: number): Shape<number> =>
  plain({ type: "integer", minimum: min, maximum: max }, "number", `${min} to ${max}`);
const PERCENT: Shape<number> = plain({ type: "number", exclusiveMinimum: 0, maximum: 100 }, "number", "per cent");
const DIGEST: Shape<string> = plain(
  { type: "string", pattern: "^(sha256:)?[0-9a-fA-F]{64}$" },
  "string",
  "SHA-256 as hex, perhaps with `sha256:`",
);
/** RFC 7951 §6.1 has 64-bit numbers as text; a small one may stand as it is. */
const VERSION: Shape<string | number> = plain(
  { type: ["string", "integer"], pattern: "^(0|[1-9][0-9]{0,15})$", minimum: 0 },
  "string | number",
  "number, or the same as text",
);
const SIZE: Shape<string | number> = plain(
  { type: ["string", "integer"], pattern: "^(rest|[0-9]{1,3}(\\.[0-9]+)?%)$", minimum: 1 },
  "string | number",
  "number of nodes, `5%` or `rest`",
);
const WINDOWS = list(words(128));
const NODE = words(128);
const IF_VERSION = may(VERSION, "Only if it still has this version; else `failed` with code 409.");

const GROUP = object({
  name: may(words(64), "What it is called."),
  size: must(SIZE, "How many of the nodes that are left."),
  "error-pct": may(PERCENT, "Share of failures at which everything stops."),
  "success-pct": may(PERCENT, "Share of successes from which on the next group may begin."),
  pause: may(BOOLEAN, "A person looks at it before the next begins."),
});

const WHAT = {
  release: may(words(128), "The release: its digest, or `model version`."),
  image: may(words(128), "The image, where releases are not required: its id, its digest or `model version`."),
};

const PLAN = {
  ...WHAT,
  name: may(words(64), "What the campaign is called."),
  filter: may(words(4096), "Which nodes, as docs/campaigns.md writes it."),
  nodes: may(list(NODE), "Which nodes, by id or name; neither = all of its model."),
  hardware: may(list(words(64)), "Revisions that it is for."),
  "min-battery-mv": may(whole(1, 100_000), "Nodes with less are left out for now."),
  groups: may(list(GROUP), "Waves, in this order; without them all at once."),
  "stop-at-pct": may(PERCENT, "Share of failures at which it stops, for groups that say none."),
  "silent-after": may(whole(1, 1000), "Missed wakes after which a node counts as silent."),
  attempts: may(whole(1, 100), "Tries of a node before it is in quarantine."),
  priority: may(whole(-1000, 1000), "Offers of the higher one come first."),
  concurrency: may(whole(1, 100_000), "Nodes of one mesh that are busy at a time."),
  download: may(WINDOWS, "When nodes may fetch, e.g. `Mo-Fr 22:00-05:00 Europe/Berlin`."),
  apply: may(WINDOWS, "When nodes may install."),
  "confirm-within-s": may(whole(1, 604_800), "How long a node gives its new image to be heard."),
  "campaign-deadline": may(words(64), "When offers end: a time, or a span such as `14d`."),
  "late-joiners": may(BOOLEAN, "Nodes that fit later take part."),
  approval: may(BOOLEAN, "A second person agrees first."),
  again: may(BOOLEAN, "Nodes in quarantine take part, too; a second person agrees first."),
};
const PLAN_IN_INBOX = { "confirm-within-s": "confirmWithin", "campaign-deadline": "deadline" };

const decision = (text: string): CommandOp => ({
  level: "site",
  right: "update",
  deadline: "possible",
  id: "needed",
  text,
  arguments: { campaign: must(words(64), "Its id."), "if-version": IF_VERSION },
});

const atNode = { level: "node", deadline: "needed", id: "needed" } as const;
const atSite = { level: "site", deadline: "possible", id: "needed" } as const;

export const COMMAND_OPS = {
  get: {
    ...atNode,
    right: "read",
    gateway: "read",
    text: "Reads a part of the node's data, or all of it.",
    arguments: {
      path: may(words(1024), "Which part (RFC 7951 instance-identifier); without it everything."),
      "max-age-s": may(
        whole(0, 31_536_000),
        "What is known and no older is told at once; else the node's next report is awaited.",
      ),
    },
  },
  fetch: {
    ...atNode,
    right: "read",
    gateway: "read",
    text: "Reads several parts of the node's data.",
    arguments: {
      paths: must(list(words(1024)), "Which parts (RFC 7951 instance-identifiers)."),
      "max-age-s": may(whole(0, 31_536_000), "As with `get`."),
    },
  },
  ipatch: {
    ...atNode,
    right: "configure",
    gateway: "operate",
    text: "Edits the node's configuration; completed when the node has applied it.",
    arguments: {
      path: may(words(1024), "Where the value belongs; without it the value begins at the top."),
      value: must(JSON_VALUE, "What is to change, as RFC 7951 JSON; null removes."),
      "if-version": IF_VERSION,
      "confirm-wakes": may(whole(1, 100), "On trial: taken back unless so many wakes afterwards are healthy."),
    },
    inbox: { "confirm-wakes": "confirm" },
  },
  rpc: {
    ...atNode,
    right: "configure",
    gateway: "operate",
    text: "Calls an operation of the node (an RPC, or an action in its data).",
    arguments: {
      name: must(words(1024), "Its path, e.g. `/sidgate-building:ventilate`."),
      input: may(JSON_VALUE, "Its input, as RFC 7951 has it."),
    },
  },
  install: {
    ...atNode,
    deadline: "possible",
    id: "possible",
    right: "update",
    text: "Brings a release to this node: a campaign of its own, or the one that is under way already.",
    arguments: {
      ...WHAT,
      again: may(BOOLEAN, "Even if it is in quarantine for this image; a second person agrees first."),
    },
    guarded: ["again"],
  },
  "campaign.create": {
    ...atSite,
    right: "update",
    text: "Rolls a release out; it begins at once, or when a second person agreed.",
    arguments: PLAN,
    inbox: PLAN_IN_INBOX,
    guarded: ["again"],
  },
  "campaign.downgrade": {
    ...atSite,
    right: "update",
    text: "Rolls a lower version out; it always waits for a second person.",
    arguments: { ...PLAN, reason: must(words(255), "Why it may lead to a lower version.") },
    inbox: PLAN_IN_INBOX,
    always: { approval: true },
  },
  "campaign.start": decision(
    "Makes sure that a campaign has begun, and changes nothing; one that was halted is refused, for `campaign.resume`.",
  ),
  "campaign.pause": decision("Halts a campaign: nothing more is offered."),
  "campaign.resume": decision("Lets a campaign go on that was paused, or that stopped by itself."),
  "campaign.abort": decision("Ends a campaign for good."),
  "image.add": {
    ...atSite,
    right: "update",
    text: "Fetches an image from its author; completed when its bytes are here and fit.",
    arguments: {
      url: must(words(1024), "Where its author has it: https or coap, at a public address."),
      digest: must(DIGEST, "What its bytes must come to."),
      size: may(whole(1, 0xffff_ffff), "How many bytes it has; by default what comes, up to `images.max-bytes`."),
      model: may(words(64), "Which devices it is for; needed where no release that stands says it."),
      version: may(words(64), "Which version it is; needed where no release that stands says it."),
      name: may(words(255), "What it is called; by default the end of its URL."),
      format: may(oneOf("plain", "mcuboot"), "By what it is judged; by default by what it begins with."),
    },
  },
  "release.add": {
    ...atSite,
    right: "update",
    text: "Fetches a release (a SUIT envelope) and believes it if its signatures are good.",
    arguments: {
      url: must(words(1024), "Where its author has it: https or coap, at a public address."),
      digest: may(DIGEST, "What its bytes must come to."),
      model: may(words(64), "Which devices it is for, where it does not say so itself."),
      version: may(words(64), "Which version it is, where it does not say so itself."),
    },
  },
  "node.join": {
    ...atSite,
    right: "operate",
    text: "Adds a node to the inventory; its key is made here and leaves by the control socket only.",
    arguments: {
      endpoint: must(words(64), "How it calls itself."),
      name: may(words(64), "What it is called; by default its endpoint."),
      models: may(words(64), "Its module set; by default the default one."),
    },
  },
  "node.remove": {
    ...atSite,
    right: "operate",
    text: "Removes a node, its credentials and its topics.",
    arguments: { node: must(NODE, "Its id or name.") },
  },
  "node.identify": {
    ...atSite,
    deadline: "needed",
    right: "configure",
    text: "Lets a node show which it is, at its next wake.",
    arguments: {
      node: must(NODE, "Its id or name."),
      "for-s": may(whole(1, 3600), "For so long; by default 30 s."),
    },
    inbox: { "for-s": "seconds" },
  },
  backup: {
    ...atSite,
    right: "operate",
    text: "Writes a backup of the site into its data folder.",
    arguments: { label: may(words(64), "What it is called.") },
  },
  "log-level": {
    ...atSite,
    right: "operate",
    text: "Logs more, or less, for a while.",
    arguments: {
      namespace: may(words(64), "What it is about: the first part of an event's name; without it everything."),
      level: must(oneOf("debug", "info", "warn", "error"), "The least important that is logged."),
      "for-s": may(whole(1, 86_400), "For so long; by default an hour."),
    },
  },
  replay: {
    ...atSite,
    right: "read",
    id: "possible",
    here: true,
    text: "Has stored events and pushes sent again, with the same bytes on the same topics.",
    arguments: {
      from: must(VERSION, "The first `seq`."),
      to: may(VERSION, "The last `seq`; without it, up to now."),
      epoch: may(whole(0, Number.MAX_SAFE_INTEGER), "Of which history; by default the present one."),
    },
  },
  rebirth: {
    ...atSite,
    right: "read",
    id: "possible",
    here: true,
    text: "Has `status`, `birth` and every retained topic sent again.",
    arguments: {},
  },
} as const satisfies Record<string, CommandOp>;

export const COMMAND_ID = /^[!-~]{1,64}$/;
export const CLIENT_ID = /^[a-z0-9-]{3,64}$/;

/** What every command may say beside its arguments. */
export const COMMON_MEMBERS = {
  id: must(
    plain<string>({ type: "string", pattern: COMMAND_ID.source }, "string", "1 to 64 visible ASCII characters"),
    "Names the command, best a ULID: the same id of the same client is carried out once, for 7 days.",
  ),
  client: may(
    plain<string>({ type: "string", pattern: CLIENT_ID.source }, "string", "id"),
    "Who gives it, and whose `rsp/{client}` is answered on; below `by/{client}/` the topic says it.",
  ),
  deadline: may(TIME, "Nothing comes of it after that; an MQTT 5 message expiry says the same."),
} as const;

const OPS: ReadonlyMap<string, CommandOp> = new Map(Object.entries(COMMAND_OPS));
export const commandOp = (op: string): CommandOp | undefined => OPS.get(op);

/** Arguments as the inbox calls them: `if-version` is `ifVersion`, in lists of objects as well. */
export function inboxArguments<V>(
  { arguments: rows, inbox = {}, always = {}, guarded = [] }: CommandOp,
  given: Readonly<Record<string, V>>,
): Record<string, V | boolean> {
  const entries = Object.keys(rows)
    .filter((name) => Object.hasOwn(given, name))
    .map((name): [string, V] => [inbox[name] ?? camelCase(name), renamed(given[name] as V, rows[name]?.shape)]);
  const waits = guarded.some((name) => given[name] === true);
  return { ...Object.fromEntries(entries), ...always, ...(waits ? { approval: true } : {}) };
}

/** Only what our own table names is called otherwise; what stands in YANG data stays. */
function renamed<V>(value: V, shape: Shape | undefined): V {
  const form = shape?.form;
  if (form?.kind === "list" && Array.isArray(value)) return value.map((each: V) => renamed(each, form.of)) as V;
  if (form?.kind !== "object" || form.others !== undefined || typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [camelCase(name), renamed(member, form.members[name]?.shape)]),
  ) as V;
}

const camelCase = (name: string): string =>
  name.replace(/-([a-z0-9])/g, (_whole, letter: string) => letter.toUpperCase());
