/** Throws mutated requests at a CORECONF handler and says what came of it. */
import type { Response } from "../../../gateway/coap/index.ts";
import { withLibraryModule } from "../../../gateway/southbound/coreconf/index.ts";
import { MOST } from "../../../gateway/southbound/coreconf/limits.ts";
import { CborReader, CORECONF, readItem } from "../../../gateway/wire/cbor/index.ts";
import { decodeTree, encodeTree, type Schema, validate } from "../../../gateway/yang/index.ts";
import { hex } from "../../support/services.ts";
import { Dice } from "../dice.ts";
import { type Asked, someRequest } from "./requests.ts";
import { type CoreconfScene, openCoreconfScene, SECRETS } from "./scene.ts";

export interface CoreconfFindings {
  /** How often each role got each code. */
  readonly codes: ReadonlyMap<string, number>;
  /** What broke a promise, with its request. */
  readonly broken: readonly string[];
}

export interface CoreconfCampaign {
  readonly count: number;
  readonly seed: number;
  readonly atRest?: (when: "warm" | "end") => void;
}

/** An error body: its tags, a place and two sentences. */
const LONGEST_ERROR = 1_500;
/** CPU time of one request. Nothing that is thrown here is large. */
const MAX_MS = 250;
const SHOWN = 10;
const EACH = 200;
const MANY = 8;

/** What a refused request leaves as it was. */
function stateOf({ services, node }: CoreconfScene): readonly unknown[] {
  const { registry, journal, access } = services;
  return [registry.get(node).tree, registry.gatewayTree, journal.last, access?.config];
}

export async function runCoreconfCampaign({ count, seed, atRest }: CoreconfCampaign): Promise<CoreconfFindings> {
  const dice = new Dice(seed);
  const scene = await openCoreconfScene();
  const { services, peers, node } = scene;
  const codes = new Map<string, number>();
  const broken = new Map<string, string>();
  const etags: Uint8Array[] = [];
  for (let i = 0; i < count; i++) {
    if (i % EACH === EACH - 1) await refresh(scene);
    const asked = someRequest(dice, node, etags.slice(-MANY));
    const before = stateOf(scene);
    const started = process.cpuUsage();
    const promises: string[] = [];
    try {
      const answer = await services.handler(peers[asked.role], asked.request);
      const { user } = process.cpuUsage(started);
      if (user / 1000 > MAX_MS) promises.push(`it takes ${Math.round(user / 1000)} ms`);
      promises.push(...brokenBy(answer, asked, before, scene, i % MANY === 0));
      const key = `${asked.role} ${answer.code}`;
      codes.set(key, (codes.get(key) ?? 0) + 1);
      if (answer.etag !== undefined) etags.push(answer.etag);
    } catch (error) {
      promises.push(`it is thrown: ${error instanceof Error ? error.stack : String(error)}`);
    }
    for (const words of promises) {
      const sort = words.replace(/[0-9]+/g, "").slice(0, 200);
      if (broken.size < SHOWN && !broken.has(sort)) broken.set(sort, `${words}\n  ${inWords(asked)}`);
    }
    if (i + 1 === Math.ceil(count / 10)) atRest?.("warm");
  }
  await refresh(scene);
  atRest?.("end");
  return { codes, broken: [...broken.values()] };
}

/** The node begins anew, and facts that nobody will read again are dropped. */
async function refresh({ services: { journal }, plant }: CoreconfScene): Promise<void> {
  await plant();
  await journal.trim(journal.last);
}

function brokenBy(
  { code, payload = new Uint8Array(), contentFormat }: Response,
  { role, request }: Asked,
  before: readonly unknown[],
  scene: CoreconfScene,
  thoroughly: boolean,
): readonly string[] {
  const found: string[] = [];
  const refused = !code.startsWith("2.");
  if (code.startsWith("5.") && code !== "5.03") found.push(`an error of ours: ${code}`);
  const after = stateOf(scene);
  if (refused && before.some((each, at) => each !== after[at])) found.push(`${code}, and something has changed`);
  if (payload.length > (refused ? LONGEST_ERROR : MOST.answerBytes)) found.push(`${payload.length} bytes for ${code}`);
  const holds = (some: Uint8Array, secret: Uint8Array): boolean => Buffer.from(some).includes(Buffer.from(secret));
  const told = SECRETS.find((secret) => holds(payload, secret) && !holds(request.payload, secret));
  if (role === "guest" && told !== undefined) found.push(`the guest reads ${hex(told)}`);
  if (thoroughly && !refused) found.push(...unread(payload, contentFormat, scene));
  return found;
}

/** What is answered can be read, and what is kept is right. */
function unread(payload: Uint8Array, contentFormat: number | undefined, scene: CoreconfScene): readonly string[] {
  const { registry } = scene.services;
  const record = registry.get(scene.node);
  const schema: Schema = withLibraryModule(registry.schemaOf(record));
  try {
    if (contentFormat === 140) {
      const tree = decodeTree(payload, schema);
      if (hex(encodeTree(tree, schema)) !== hex(payload)) return ["an answer that reads otherwise"];
    }
    // Unknown numbers are answered with null, which only a generic reader reads.
    if (contentFormat === 142) for (const reader = new CborReader(payload, CORECONF); !reader.done; ) readItem(reader);
    validate(record.tree, registry.schemaOf(record));
    return [];
  } catch (error) {
    return [`an answer or a datastore that is not right: ${String(error)}`];
  }
}

function inWords({ role, request }: Asked): string {
  const { method, path, query, contentFormat, payload, ifMatch, etags } = request;
  const conditions = [...ifMatch, ...etags].map(hex).join(",");
  return `${role} ${method} /${path.join("/")}?${query.join("&")} ${contentFormat ?? ""} ${hex(payload)} ${conditions}`;
}
