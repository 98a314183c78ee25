/**
 * The trial's own judgement of a campaign, from the journal that the gateway left and from what the nodes are: was anybody
 * offered the image outside its wave, does every count add up? It shares no code with the service that it judges. Pure.
 */
import type { NodeId } from "../../base/index.ts";
import type { NodeView } from "../../sim/index.ts";
import { type CampaignState, type Fact, PHASE_COUNTED, type Phase } from "../../store/index.ts";

export interface GroupResult {
  readonly name: string;
  readonly state: "closed" | "open" | "passed";
  readonly nodes: number;
  /** Nodes that were offered the image. */
  readonly offered: number;
  readonly done: number;
  readonly failed: number;
  readonly silent: number;
  /** Failures that were tried again. */
  readonly retried: number;
}

export interface Findings {
  readonly state: CampaignState;
  /** Why it is in this state, in the gateway's words. */
  readonly reason: string;
  readonly groups: readonly GroupResult[];
  /** How many nodes ended with which failure. */
  readonly failures: Readonly<Record<string, number>>;
  /** How many nodes the gateway left out, and why. */
  readonly leftOut: Readonly<Record<string, number>>;
  readonly facts: number;
  readonly offers: number;
  /** What should not have been, a sentence each; none = all is well. */
  readonly violations: readonly string[];
}

type Progress = Extract<Fact, { type: "ota.phase" }>;
type Created = Extract<Fact, { type: "campaign.created" }>;

const isAtWork = (phase: Phase): boolean => PHASE_COUNTED[phase] === "active";
const hasFailed = (phase: Phase): boolean => PHASE_COUNTED[phase] === "failed";

interface Group {
  readonly name: string;
  readonly members: ReadonlySet<NodeId>;
  state: GroupResult["state"];
}

/** The facts of one campaign, in their order. */
class Reading {
  readonly groups: readonly Group[];
  readonly last = new Map<NodeId, Progress>();
  readonly offered = new Set<NodeId>();
  readonly retried: NodeId[] = [];
  readonly violations: string[] = [];
  state: CampaignState;
  reason = "";
  offers = 0;

  constructor({ plan, groups, targets }: Created) {
    const members = groups ?? [targets];
    this.groups = members.map((part, index) => ({
      name: plan?.groups[index]?.name ?? "all",
      members: new Set(part),
      state: "closed",
    }));
    this.state = plan?.approval ? "waiting-approval" : "running";
    const everybody = members.flat();
    if (new Set(everybody).size !== everybody.length) this.violations.push("a node is in two groups");
    if (everybody.length !== targets.length) this.violations.push("the groups do not hold all targets");
  }

  groupOf(node: NodeId): Group | undefined {
    return this.groups.find(({ members }) => members.has(node));
  }

  take(fact: Fact): void {
    if (fact.type === "campaign.state") this.#changed(fact);
    if (fact.type === "campaign.group") this.#moved(fact);
    if (fact.type === "ota.phase") this.#advanced(fact);
  }

  #changed({ from, to, reason, seq }: Extract<Fact, { type: "campaign.state" }>): void {
    if (from !== this.state)
      this.violations.push(`fact ${seq}: the campaign left '${from}' while it was '${this.state}'`);
    this.state = to;
    this.reason = reason;
  }

  #moved({ group: index, to, seq }: Extract<Fact, { type: "campaign.group" }>): void {
    const group = this.groups[index];
    if (group === undefined) this.violations.push(`fact ${seq}: there is no group ${index}`);
    else {
      if (to === "open" && this.state !== "running") {
        this.violations.push(`fact ${seq}: group ${group.name} began while the campaign was '${this.state}'`);
      }
      group.state = to;
    }
  }

  #advanced(fact: Progress): void {
    const { node, from, to, seq } = fact;
    const group = this.groupOf(node);
    const before = this.last.get(node)?.to ?? "waiting-wake";
    if (group === undefined) this.violations.push(`fact ${seq}: node ${node} is in no group`);
    if (from !== before) this.violations.push(`fact ${seq}: node ${node} left '${from}' while it was '${before}'`);
    if (isAtWork(to) && group?.state === "closed") {
      this.violations.push(`fact ${seq}: node ${node} is '${to}', and its group ${group.name} had not begun`);
    }
    if (to === "offered" && from !== "offered") {
      this.offers += 1;
      this.offered.add(node);
      if (this.state !== "running")
        this.violations.push(`fact ${seq}: node ${node} got an offer while the campaign was '${this.state}'`);
    }
    if (hasFailed(from) && to === "waiting-wake") this.retried.push(node);
    this.last.set(node, fact);
  }
}

export interface Counts {
  readonly total: number;
  readonly done: number;
  readonly failed: number;
  readonly silent: number;
}

export interface Evidence {
  readonly facts: readonly Fact[];
  readonly campaign: string;
  /** Hex, of the wanted image. */
  readonly digest: string;
  /** The nodes as they are themselves. */
  readonly nodes: readonly NodeView[];
  /** What the gateway said last. */
  readonly counts: Counts;
}

/** undefined = the journal knows no such campaign. */
export function examine({ facts, campaign, digest, nodes, counts }: Evidence): Findings | undefined {
  const about = facts.filter((fact) => "campaign" in fact && fact.campaign === campaign);
  const created = about.find((fact) => fact.type === "campaign.created");
  if (created === undefined) return undefined;
  const reading = new Reading(created);
  for (const fact of about) reading.take(fact);
  const groups = reading.groups.map((group) => resultOf(group, reading));
  const violations = [
    ...reading.violations,
    ...groups
      .filter(({ state, offered }) => state === "closed" && offered > 0)
      .map(({ name }) => `${name} was offered it`),
    ...countFaults(groups, counts),
    ...nodeFaults(reading, { endpoints: endpointsIn(facts), digest, nodes }),
  ];
  return {
    state: reading.state,
    reason: reading.reason,
    groups,
    failures: failuresIn(reading),
    leftOut: frequencies(created.excluded.map(({ reason }) => reason)),
    facts: about.length,
    offers: reading.offers,
    violations,
  };
}

const isSilent = (progress: Progress | undefined): boolean =>
  progress?.silent === true && progress.to !== "done" && !hasFailed(progress.to);

function resultOf({ name, state, members }: Group, { last, offered, retried }: Reading): GroupResult {
  const progress = [...members].map((node) => last.get(node));
  const count = (holds: (one: Progress | undefined) => boolean): number => progress.filter(holds).length;
  return {
    name,
    state,
    nodes: members.size,
    offered: [...members].filter((node) => offered.has(node)).length,
    done: count((one) => one?.to === "done"),
    failed: count((one) => one !== undefined && hasFailed(one.to)),
    silent: count(isSilent),
    retried: retried.filter((node) => members.has(node)).length,
  };
}

function countFaults(groups: readonly GroupResult[], counts: Counts): string[] {
  const sum = (of: (group: GroupResult) => number): number => groups.reduce((total, group) => total + of(group), 0);
  const rows = [
    ["total", sum(({ nodes }) => nodes), counts.total],
    ["done", sum(({ done }) => done), counts.done],
    ["failed", sum(({ failed }) => failed), counts.failed],
    ["silent", sum(({ silent }) => silent), counts.silent],
  ] as const;
  return rows
    .filter(([, journal, told]) => journal !== told)
    .map(([what, journal, told]) => `${what}: ${journal} by the journal, and the gateway says ${told}`);
}

const failuresIn = ({ last }: Reading): Readonly<Record<string, number>> =>
  frequencies(
    [...last.values()].filter(({ to }) => hasFailed(to)).map(({ to, reason }) => `${to}: ${reason ?? "unknown"}`),
  );

function frequencies(words: readonly string[]): Readonly<Record<string, number>> {
  const found = new Map<string, number>();
  for (const word of words) found.set(word, (found.get(word) ?? 0) + 1);
  return Object.fromEntries(found);
}

const endpointsIn = (facts: readonly Fact[]): ReadonlyMap<NodeId, string> =>
  new Map(facts.flatMap((fact) => (fact.type === "node.joined" ? [[fact.node, fact.endpoint] as const] : [])));

interface Truth {
  readonly endpoints: ReadonlyMap<NodeId, string>;
  readonly digest: string;
  readonly nodes: readonly NodeView[];
}

/** What the gateway believes of a node must be what the node is. */
function nodeFaults({ last, state }: Reading, { endpoints, digest, nodes }: Truth): string[] {
  const byEndpoint = new Map(nodes.map((node) => [node.endpoint, node]));
  return [...last].flatMap(([node, progress]) => {
    const endpoint = endpoints.get(node) ?? node;
    const is = byEndpoint.get(endpoint);
    if (is === undefined) return [`${endpoint} took part, and is no node of this trial`];
    if (progress.to === "done" && is.runningDigest !== digest)
      return [`${endpoint} is done and does not run the image`];
    if (isSilent(progress) && is.state !== "silent") return [`${endpoint} counts as silent and is not`];
    if (hasFailed(progress.to) && is.runningDigest === digest) return [`${endpoint} failed and runs the image`];
    const isOpen = !hasFailed(progress.to) && progress.to !== "done" && progress.to !== "skipped";
    if (state === "done" && isOpen && !isSilent(progress))
      return [`${endpoint} is '${progress.to}', and the campaign is over`];
    return [];
  });
}
