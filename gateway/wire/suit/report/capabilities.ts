/** suit-report, "Capability Reporting" — what a manifest processor says it can do, both ways. Read leniently, written sorted. */
import { WireError } from "../../../base/index.ts";
import { CborReader, type CborWriter, HEADER, keysOf, MAJOR, readItem } from "../../cbor/index.ts";
import { CAPABILITY, TAG } from "../labels.ts";
import { checkLimit } from "../limits.ts";
import { encode, readArray, readSmall, writeLabelled } from "../strict.ts";
import type { ComponentId } from "../types.ts";

/** A component, or with `wildcard` all those that begin so. */
export interface ComponentCapability {
  readonly id: ComponentId;
  readonly wildcard: boolean;
}

const LISTS = [
  "commands",
  "parameters",
  "cryptoAlgorithms",
  "envelope",
  "manifest",
  "common",
  "text",
  "textComponent",
  "dependency",
] as const satisfies ReadonlyArray<keyof typeof CAPABILITY>;
/** A list that a report must have; the others may be missing. */
const REQUIRED: readonly string[] = ["commands", "parameters", "cryptoAlgorithms"];
type List = (typeof LISTS)[number];

export interface Capabilities extends Readonly<Record<List, readonly number[]>> {
  readonly components: readonly ComponentCapability[];
}

export const malformedReport = (what: string): WireError => new WireError("suit.report", { what });

/** A capability report by itself. */
export function readCapabilities(bytes: Uint8Array): Capabilities {
  const reader = new CborReader(bytes, HEADER);
  const capabilities = readCapabilityMap(reader);
  reader.finish();
  return capabilities;
}

export function readCapabilityMap(reader: CborReader): Capabilities {
  skipTag(reader, TAG.capabilities);
  const lists = new Map<List, readonly number[]>();
  let components: readonly ComponentCapability[] | undefined;
  for (const key of keysOf(reader, readKey)) {
    const list = LISTS.find((name) => CAPABILITY[name] === key);
    if (list !== undefined) lists.set(list, readArray(reader, "capabilities", readSmall));
    else if (key === CAPABILITY.components) components = readArray(reader, "capabilities", readComponent);
    // Extensions, and paths into structures that we do not know.
    else readItem(reader);
  }
  if (components === undefined) throw malformedReport("a capability report without components");
  const absent = REQUIRED.find((name) => ![...lists.keys()].some((list) => list === name));
  if (absent !== undefined) throw malformedReport(`a capability report without ${absent}`);
  const list = (name: List): readonly number[] => lists.get(name) ?? [];
  return {
    components,
    commands: list("commands"),
    parameters: list("parameters"),
    cryptoAlgorithms: list("cryptoAlgorithms"),
    envelope: list("envelope"),
    manifest: list("manifest"),
    common: list("common"),
    text: list("text"),
    textComponent: list("textComponent"),
    dependency: list("dependency"),
  };
}

/** Numbers are ours; a list of numbers names an element inside others. */
function readKey(reader: CborReader): number | undefined {
  if (reader.major() !== MAJOR.array) return readSmall(reader);
  readItem(reader);
  return undefined;
}

/** IANA gave the parts of a report tags of their own; they may be left out where the place says what it is. */
export function skipTag(reader: CborReader, tag: number): void {
  if (reader.major() === MAJOR.tag && reader.tag() !== tag) throw malformedReport("a tag has no place there");
}

/** [* bstr, ? true] */
function readComponent(reader: CborReader): ComponentCapability {
  const id: Uint8Array[] = [];
  let wildcard = false;
  for (let left = reader.next(reader.array()); left >= 0; left = reader.next(left)) {
    if (wildcard) throw malformedReport("something follows the wildcard of a component");
    if (reader.major() === MAJOR.bytes) id.push(reader.byteString());
    else if (reader.simple() === true) wildcard = true;
    else throw malformedReport("a component is made of byte strings and perhaps true");
    checkLimit("identifier", id.length);
  }
  return { id, wildcard };
}

export const encodeCapabilities = (capabilities: Capabilities): Uint8Array =>
  encode((writer) => writeCapabilities(writer, capabilities));

export function writeCapabilities(writer: CborWriter, capabilities: Capabilities): void {
  const lists = LISTS.filter((name) => capabilities[name].length > 0 || REQUIRED.includes(name));
  writeLabelled(writer, [
    [CAPABILITY.components, (inner) => writeComponents(inner, capabilities.components)],
    ...lists.map((name) => [CAPABILITY[name], (inner: CborWriter) => writeNumbers(inner, capabilities[name])] as const),
  ]);
}

function writeComponents(writer: CborWriter, components: readonly ComponentCapability[]): void {
  writer.array(components.length);
  for (const { id, wildcard } of components) {
    writer.array(id.length + (wildcard ? 1 : 0));
    for (const part of id) writer.byteString(part);
    if (wildcard) writer.boolean(true);
  }
}

export function writeNumbers(writer: CborWriter, numbers: readonly number[]): void {
  writer.array(numbers.length);
  for (const number of numbers) writer.integer(number);
}
