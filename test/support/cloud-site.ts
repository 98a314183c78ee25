/** A site with commands as a gateway serves them to a cloud, on a clock that rings; nodes wake when a test says so. */
import { answerOf, NODE_WAITS, type NodeCommandServices, nodeHandlers } from "../../gateway/app/inbox/node-commands.ts";
import { type Millis, millis, type NodeId, SILENT, type Timer, UsageError } from "../../gateway/base/index.ts";
import type { Access } from "../../gateway/service/access/index.ts";
import { type Awaited, CommandWaits } from "../../gateway/service/commands/index.ts";
import {
  type Command,
  type CommandHandler,
  CommandInbox,
  type Fact,
  type ImageStore,
  type Ledger,
  type Taken,
  type WaitingHandler,
} from "../../gateway/store/index.ts";
import {
  decodeInstances,
  encodeInstances,
  fromJson,
  type Json,
  type JsonObject,
  type Schema,
  type SchemaSource,
  valueToJson,
} from "../../gateway/yang/index.ts";
import { ANYBODY, openServices, request, type Services, StandingClock } from "./services.ts";
import { settled } from "./virtual-clock.ts";

/** Stands still until it is moved, and rings what is due then. */
export class RingingClock extends StandingClock {
  readonly #alarms = new Set<{ readonly due: number; readonly run: () => void }>();

  override after(delay: Millis, run: () => void): Timer {
    const alarm = { due: this.now() + delay, run };
    this.#alarms.add(alarm);
    return { cancel: () => void this.#alarms.delete(alarm) };
  }

  override advance(ms: number): void {
    const end = this.now() + ms;
    for (;;) {
      const [next] = [...this.#alarms].filter(({ due }) => due <= end).sort((a, b) => a.due - b.due);
      if (next === undefined) break;
      this.#alarms.delete(next);
      super.advance(Math.max(0, next.due - this.now()));
      next.run();
    }
    super.advance(end - this.now());
  }
}

/** An edit as it went out. */
export interface Sent {
  readonly name: string;
  readonly value: Json;
}

export interface CloudSite {
  readonly services: Services;
  readonly clock: RingingClock;
  readonly inbox: CommandInbox;
  readonly waits: CommandWaits;
  /** Nodes that serve their datastore, as a test has them. */
  readonly serving: { readonly ids: Set<NodeId>; readonly asleep: Set<NodeId>; readonly looked: NodeId[] };
  /** Of images that were asked for in vain, by URI. */
  readonly failures: Map<string, Awaited>;
  take(command: Partial<Command> & Pick<Command, "op">): Promise<Taken>;
  /** One check-in; the edits that its answer carries. */
  wake(endpoint: string, report: JsonObject): Promise<readonly Sent[]>;
  facts<T extends Fact["type"]>(type: T): Promise<ReadonlyArray<Extract<Fact, { type: T }>>>;
  /** The same journal and clock, as after a restart. */
  restart(): Promise<CloudSite>;
}

export interface CloudSiteOptions {
  readonly on?: CloudSite;
  readonly managers?: readonly string[];
  readonly calls?: NodeCommandServices["calls"];
  /** Beside those to nodes; `install` is `campaign.install`. */
  readonly handlers?: (services: Services & { readonly access: Access; readonly recorder: Ledger }) => {
    readonly handlers: ReadonlyMap<string, WaitingHandler>;
    readonly install: CommandHandler;
  };
  readonly waiting?: ReadonlySet<string>;
  readonly images?: ImageStore;
  readonly schemas?: SchemaSource;
}

export async function openCloudSite(options: CloudSiteOptions = {}): Promise<CloudSite> {
  const { on, managers = [], calls } = options;
  const clock = on?.clock ?? new RingingClock();
  const inbox = new CommandInbox(SILENT, { clock });
  const former = on?.services;
  const services = await openServices({
    ...(options.images === undefined ? {} : { images: options.images }),
    managers,
    ...(options.schemas === undefined ? {} : { schemas: options.schemas }),
    more: [inbox],
    on: { clock, journal: former?.journal, state: former?.state },
  });
  const serving = on?.serving ?? { ids: new Set<NodeId>(), asleep: new Set<NodeId>(), looked: [] };
  const { access, ledger } = services;
  if (access === undefined) throw new RangeError("a site with commands has rules");
  const others = options.handlers?.({ ...services, access, recorder: ledger });
  const given: NodeCommandServices = {
    ...services,
    access,
    recorder: ledger,
    inbox,
    nodes: {
      servedBy: (node) => (serving.ids.has(node) ? "coap://node/c" : undefined),
      sleeps: (node) => serving.asleep.has(node),
      look: (node) => void serving.looked.push(node),
    },
    ...(calls === undefined ? {} : { calls }),
    install: others?.install ?? (() => Promise.reject(new UsageError("command.unknown", { op: "campaign.install" }))),
  };
  const waiting = new Set([...NODE_WAITS, ...(options.waiting ?? [])]);
  inbox.serve(new Map([...(others?.handlers ?? []), ...nodeHandlers(given)]), ledger, new Set(), waiting);
  const failures = on?.failures ?? new Map<string, Awaited>();
  const waits = new CommandWaits({
    ...services,
    inbox,
    clock,
    log: SILENT,
    awaited: ({ uri }) =>
      failures.get(uri) ?? { why: new UsageError("image.unknown", { image: uri }), failures: 0, isFinal: false },
    answer: (open) => answerOf(open, given),
  });
  waits.open();
  let counted = 0;
  const site: CloudSite = {
    services,
    clock,
    inbox,
    waits,
    serving,
    failures,
    take: (command) => {
      counted += 1;
      return inbox.take({
        id: `c-${counted}`,
        args: {},
        actor: "mqtt:bms-1",
        deadline: millis(clock.now() + 60_000),
        ...command,
      });
    },
    wake: async (endpoint, report) => {
      const { schema } = services;
      const asked = request("POST", "c", {
        query: [`ep=${endpoint}`],
        contentFormat: 142,
        payload: checkInOf(report, schema),
      });
      const response = await services.checkIn.answer(ANYBODY, asked);
      await settled();
      return editsIn(response?.payload, schema);
    },
    facts: async (type) => {
      const all = await services.journal.read(1, 10_000);
      return all.filter((fact): fact is Extract<Fact, { type: typeof type }> => fact.type === type);
    },
    restart: () => {
      waits.close();
      return openCloudSite({ ...options, on: site });
    },
  };
  return site;
}

function checkInOf(report: JsonObject, schema: Schema): Uint8Array {
  const rpc = schema.byPath("/sidgate-node:check-in");
  const input = rpc?.children.find(({ kind }) => kind === "input");
  if (rpc === undefined || input === undefined) throw new RangeError("there is no check-in");
  const value = fromJson({ "sidgate-node:input": report }, schema, input);
  return encodeInstances([{ id: { sid: rpc.sid, keys: [] }, value }], schema);
}

/** The edits in an answer to a check-in. */
function editsIn(payload: Uint8Array | undefined, schema: Schema): readonly Sent[] {
  if (payload === undefined || payload.length === 0) return [];
  const edits = schema.byPath("/sidgate-node:check-in/output/edits") ?? schema.byPath("/sidgate-node:check-in/edits");
  const [answer] = decodeInstances(payload, schema, "output");
  const bytes = answer?.value instanceof Map && edits !== undefined ? answer.value.get(edits.sid) : undefined;
  if (!(bytes instanceof Uint8Array)) return [];
  return decodeInstances(bytes, schema, "input", "any").map(({ id, value }) => ({
    name: schema.bySid(id.sid)?.name ?? "?",
    value: value === undefined ? null : valueToJson(value, id.sid, schema),
  }));
}
