/**
 * A .sid file as a C99 header, for those who write nodes: the number of every item and, where the module is at hand, what
 * a node writes for it on the wire (RFC 9254): deltas to the map around it, values of enums, positions of bits.
 */
import type { LeafType, Schema, SchemaNode } from "../schema.ts";
import { isLocal } from "../schema.ts";
import { comment, Macros, macroName, signed, unsigned, usualPrefix } from "./c-names.ts";
import type { SidFile, SidItem } from "./sid-file.ts";

export interface HeaderOptions {
  /** What every macro begins with; by default the name of the module. */
  readonly prefix?: string | undefined;
  /** The module, with the numbers of this file. */
  readonly schema?: Schema | undefined;
}

export function cHeader(file: SidFile, { prefix = usualPrefix(file.module), schema }: HeaderOptions): string {
  const macros = new Macros();
  const items = [...file.items].sort((a, b) => a.sid - b.sid);
  for (const item of items) {
    if (item.status === "obsolete") macros.say(`${item.sid} was ${item.namespace} ${item.identifier}`);
    else if (item.namespace === "data") defineNode(item, prefix, macros, schema?.bySid(item.sid));
    else define(item, prefix, macros);
  }
  const guard = `${prefix.toUpperCase()}_SID_H`;
  const revision = file.revision === "" ? "" : `, revision ${file.revision}`;
  return `${[
    comment(`SIDs of module ${file.module}${revision} (RFC 9595).`),
    comment("Made by 'sidgate sid header'; make it anew instead of changing it."),
    `#ifndef ${guard}`,
    `#define ${guard}`,
    "",
    ...(schema ? [comment("_DELTA: the key in the map of the node around it (RFC 9254 4.2.1).")] : []),
    macros.text,
    "",
    `#endif ${comment(guard)}`,
  ].join("\n")}\n`;
}

const provisional = ({ status }: SidItem): string | undefined => (status === "unstable" ? "unstable" : undefined);

/** The module, a feature or an identity. */
function define(item: SidItem, prefix: string, macros: Macros): void {
  const kind = item.namespace.toUpperCase();
  const wanted = item.namespace === "module" ? `${prefix}_MODULE` : `${prefix}_${kind}_${macroName([item.identifier])}`;
  macros.define(`${macros.claim(wanted, ["_SID"], item.sid)}_SID`, unsigned(item.sid), provisional(item));
}

function defineNode(item: SidItem, prefix: string, macros: Macros, node: SchemaNode | undefined): void {
  const words = node === undefined ? wordsOf(item.identifier) : namesOf(node);
  const name = macros.claim(`${prefix}_${macroName(words)}`, ["_SID", "_DELTA"], item.sid);
  macros.say("");
  macros.say(node === undefined ? item.identifier : [item.identifier, describe(node)].join(": "));
  macros.define(`${name}_SID`, unsigned(item.sid), provisional(item));
  if (node === undefined || node.kind === "input" || node.kind === "output") return; // no key of any map
  const reference = referenceOf(node);
  if (reference === undefined) macros.say("no delta: the node around it has no number");
  else macros.define(`${name}_DELTA`, signed(item.sid - reference));
  if (node.type) defineValues(name, item.sid, node.type, macros);
}

const wordsOf = (identifier: string): readonly string[] =>
  identifier
    .split("/")
    .slice(1)
    .map((step) => step.slice(step.indexOf(":") + 1));

function namesOf(node: SchemaNode): readonly string[] {
  return node.parent === undefined ? [node.name] : [...namesOf(node.parent), node.name];
}

/** RFC 9254 §4.2.1: keys count from the SID of the map's node, below an operation from that of the operation. */
function referenceOf({ parent }: SchemaNode): number | undefined {
  if (parent === undefined) return 0;
  const around = parent.kind === "input" || parent.kind === "output" ? parent.parent : parent;
  return around === undefined || isLocal(around.sid) ? undefined : around.sid;
}

/** In the order of the `key` statement, in which instance-identifiers name them. */
function describe(node: SchemaNode): string {
  const keys = node.keys && node.keys.length > 0 ? `, keys in this order: ${node.keys.join(", ")}` : "";
  const type = node.type ? ` ${node.type.base}` : "";
  return `${node.kind}${type}${node.units === undefined ? "" : `, ${node.units}`}${keys}`;
}

/** RFC 9254 §6.6, §6.7, §6.3: what stands on the wire for an enum, a bit and a decimal64. */
function defineValues(name: string, sid: number, type: LeafType, macros: Macros): void {
  for (const { base, enums, bits, fractionDigits } of withMembers(type)) {
    for (const each of enums ?? []) value(`${name}_ENUM_${macroName([each.name])}`, signed(each.value));
    for (const each of bits ?? []) value(`${name}_BIT_${macroName([each.name])}`, signed(each.position));
    if (base === "decimal64" && fractionDigits !== undefined) value(`${name}_EXPONENT`, signed(-fractionDigits));
  }

  function value(wanted: string, literal: string): void {
    macros.define(macros.claim(wanted, [""], sid), literal);
  }
}

/** A leafref is coded as its target; in a union each member brings its own names, the same name once. */
function withMembers(type: LeafType): readonly LeafType[] {
  const own = type.target ?? type;
  return own.members ? own.members.flatMap(withMembers) : [own];
}
