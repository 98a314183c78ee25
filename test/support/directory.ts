/** The resource directory on memory drivers and a clock of the test's own. */
import { type Clock, type NodeId, type Peer, SILENT } from "../../gateway/base/index.ts";
import type { Request, Response } from "../../gateway/coap/index.ts";
import { Directory, type DirectoryLimits, Expiry, Registrar } from "../../gateway/service/directory/index.ts";
import { directoryHandler, type FetchLinks } from "../../gateway/southbound/directory/index.ts";
import { type Journal, Ledger, memoryJournal, memoryState, type StateStore } from "../../gateway/store/index.ts";
import { request } from "./services.ts";
import { VirtualClock } from "./virtual-clock.ts";

export interface DirectorySite {
  readonly clock: VirtualClock;
  readonly journal: Journal;
  readonly state: StateStore;
  readonly ledger: Ledger;
  readonly directory: Directory;
  readonly expiry: Expiry;
  readonly handler: ReturnType<typeof directoryHandler>;
  /** How often observers of lookups were told. */
  changes(): number;
  ask(method: Request["method"], uri: string, more?: Partial<Request> & { readonly from?: Peer }): Promise<Response>;
  /** Ends without a last checkpoint. */
  kill(): void;
}

/** Nodes with a security context. */
const SECURED: readonly string[] = ["room-1", "room-2"];
/** The one that is called node1, and has none. */
export const NODE_IN_LAB = "n-0003" as NodeId;

export interface SiteOptions {
  readonly on?: Pick<DirectorySite, "journal" | "state" | "clock">;
  readonly limits?: DirectoryLimits;
  readonly fetchLinks?: FetchLinks;
  readonly clock?: VirtualClock;
}

export async function openDirectory(options: SiteOptions = {}): Promise<DirectorySite> {
  const { on, limits, fetchLinks } = options;
  const clock = options.clock ?? on?.clock ?? new VirtualClock();
  const journal = on?.journal ?? memoryJournal();
  const state = on?.state ?? memoryState();
  const directory = new Directory();
  let dead = false;
  const own: Clock = { now: () => clock.now(), after: (delay, run) => clock.after(delay, () => void (dead || run())) };
  const ledger = await Ledger.open({ journal, state, projections: [directory], clock: own, log: SILENT });
  const registrar = new Registrar({
    directory,
    recorder: ledger,
    clock,
    reserved: (endpoint) => SECURED.includes(endpoint),
    nodeOf: (endpoint) => (endpoint === "node1" ? NODE_IN_LAB : undefined),
    ...(limits === undefined ? {} : { limits }),
  });
  let changes = 0;
  const changed = (): void => {
    changes += 1;
  };
  const expiry = new Expiry({ directory, recorder: ledger, clock: own, changed });
  const handler = directoryHandler({
    directory,
    registrar,
    clock,
    ...(fetchLinks === undefined ? {} : { fetchLinks }),
  });
  return {
    clock,
    journal,
    state,
    ledger,
    directory,
    expiry,
    handler,
    changes: () => changes,
    ask: async (method, uri, { from = HOST_1, ...more } = {}) => {
      const [path = "", query] = uri.split("?");
      const asked = request(method, path, { query: query === undefined ? [] : query.split("&"), ...more });
      const response = await handler(from, asked);
      if (response === undefined) throw new Error(`${uri} is not the directory's`);
      return response;
    },
    kill: () => {
      dead = true;
      expiry.close();
    },
  };
}

const unproven = (path: string): Peer => ({ identity: undefined, nodeId: undefined, path, validated: false });
const proven = (name: string, nodeId: NodeId | undefined, path: string): Peer => ({
  identity: { kind: "oscore", id: "01", name },
  nodeId,
  path,
  validated: true,
});

export const HOST_1 = unproven("[2001:db8::1]:5683");
export const HOST_1_OTHER_PORT = unproven("[2001:db8::1]:40000");
export const HOST_2 = unproven("192.0.2.2:61616");
export const LOCAL_1 = unproven("[fe80::1%eth0]:5683");
export const LOCAL_2 = unproven("[fe80::2%eth0]:5683");
export const LOCAL_OTHER_LINK = unproven("[fe80::3%wpan0]:5683");
export const NODE_1 = proven("room-1", "n-0001" as NodeId, "[2001:db8::11]:5683");
export const NODE_2 = proven("room-2", "n-0002" as NodeId, "[2001:db8::12]:5683");
export const MANAGER = proven("tool", undefined, "192.0.2.99:50000");

export const links = (text: string): { readonly contentFormat: number; readonly payload: Uint8Array } => ({
  contentFormat: 40,
  payload: new TextEncoder().encode(text),
});
export const textOf = ({ payload }: Response): string => new TextDecoder().decode(payload);
