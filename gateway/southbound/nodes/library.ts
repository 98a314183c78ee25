/**
 * Which modules a node says it has (draft-ietf-core-yang-library-03), held against its module set. A checksum tells only that
 * something changed, and each server makes its own; so the list itself is asked for, once for each registration.
 */
import { isCoded } from "../../base/index.ts";
import type { Question } from "../../coap/index.ts";
import { type CborItem, CborWriter, CORECONF, decodeItem } from "../../wire/cbor/index.ts";
import { CONTENT_FORMAT } from "../../wire/coap/index.ts";
import type { Schema } from "../../yang/index.ts";
import { ask, type NodeServer, type NodeServices, tellOnce } from "./server.ts";

/** The list module-set: no registry has numbers for the library, so these are the ones in use (docs/coreconf.md). */
const MODULE_SETS = 29_308;
const MODULES = 29_319 - MODULE_SETS;
const IDENTIFIER = 29_322 - 29_319;
const REVISION = 29_325 - 29_319;

export interface ModuleSaid {
  readonly sid: number;
  /** YYYY-MM-DD; undefined = not said. */
  readonly revision: string | undefined;
}

/** Log lines for what the module set does not have, or has in another revision. A node without a library says nothing. */
export async function compareLibrary(server: NodeServer, services: NodeServices): Promise<void> {
  const { id, served } = server;
  const node = services.registry.find(id);
  if (served.library === undefined || node === undefined) return;
  const writer = new CborWriter();
  writer.integer(MODULE_SETS);
  const { path, query } = served.library;
  const formats = { contentFormat: CONTENT_FORMAT.yangIdentifiers, accept: CONTENT_FORMAT.yangInstances };
  const question: Question = { method: "FETCH", path, query, payload: writer.finish(), ...formats };
  const { code, payload } = await ask(server, question, services);
  if (code !== "2.05") return;
  for (const { sid, revision, expected } of strangers(modulesIn(payload), services.registry.schemaOf(node))) {
    const facts = { node: id, module: sid, revision, expected };
    tellOnce(server, `module ${sid}`, () => services.log.warn("node.modules-differ", facts));
  }
}

/** Those that the schema does not have as the node says. */
export function strangers(said: readonly ModuleSaid[], schema: Schema) {
  return said.flatMap((module) => {
    const known = schema.modules.find(({ sid }) => sid === module.sid);
    const isSame = known !== undefined && (module.revision === undefined || known.revision === module.revision);
    return isSame ? [] : [{ ...module, expected: known?.revision }];
  });
}

/** As much of a FETCH answer as is a list of modules. */
export function modulesIn(payload: Uint8Array): readonly ModuleSaid[] {
  const sets = members(member(itemIn(payload), MODULE_SETS));
  return sets
    .flatMap((set) => members(member(set, MODULES)))
    .flatMap((module) => {
      const identifier = member(module, IDENTIFIER);
      const revision = member(module, REVISION);
      if (identifier?.kind !== "integer") return [];
      return [
        { sid: Number(identifier.value), revision: revision?.kind === "bytes" ? dateOf(revision.value) : undefined },
      ];
    });
}

function itemIn(payload: Uint8Array): CborItem | undefined {
  try {
    return decodeItem(payload, CORECONF);
  } catch (error) {
    if (isCoded(error)) return undefined;
    throw error;
  }
}

const member = (item: CborItem | undefined, key: number): CborItem | undefined =>
  item?.kind === "map" ? item.entries.find(([at]) => at.kind === "integer" && at.value === key)?.[1] : undefined;
const members = (item: CborItem | undefined): readonly CborItem[] => (item?.kind === "array" ? item.items : []);

/** h'20180921' is 2018-09-21. */
const dateOf = (bytes: Uint8Array): string =>
  Buffer.from(bytes)
    .toString("hex")
    .replace(/^(\d{4})(\d\d)(\d\d)$/, "$1-$2-$3");
