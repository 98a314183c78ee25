/** suit-manifest-37 §8.4.7 to §8.4.11 — command sequences, both ways: code, argument, code, argument. */
import { EMPTY, WireError } from "../../../base/index.ts";
import { type CborReader, type CborWriter, keysOf, MAJOR, NULL, readItem } from "../../cbor/index.ts";
import { COMMANDS, type CommandRow, FIRST_CUSTOM, PARAMETER } from "../labels.ts";
import { checkLimit } from "../limits.ts";
import {
  encode,
  malformed,
  readInside,
  readSmall,
  readUint,
  readWhole,
  writeInside,
  writeLabelled,
} from "../strict.ts";
import type { Argument, Command, ComponentIndex, Parameters, Sequence } from "../types.ts";
import { readParameters, writeParameters } from "./parameters.ts";

export interface SequenceRules {
  /** For errors: which sequence this is. */
  readonly where: string;
  /** How many components the manifest has: what an index must be below. */
  readonly components: number;
  /** Of the common section, which takes fewer commands. */
  readonly shared?: boolean;
}

export const NO_SEQUENCE: Sequence = { bytes: EMPTY, commands: [] };

/** The content of the byte string that a sequence is, whole. */
export const readSequence = (bytes: Uint8Array, rules: SequenceRules): Sequence =>
  readWhole(bytes, (reader) => new SequenceReader(rules).sequence(reader, 0));

const MAX_POLICY = 0x0f;

class SequenceReader {
  readonly #rules: SequenceRules;
  #commands = 0;

  constructor(rules: SequenceRules) {
    this.#rules = rules;
  }

  sequence(reader: CborReader, depth: number): Sequence {
    const { where } = this.#rules;
    checkLimit("depth", depth);
    const start = reader.offset;
    const items = reader.array();
    if (items === 0 || items % 2 !== 0) throw malformed(where, `a sequence has ${items} items`);
    const commands: Command[] = [];
    // Two items each: a code and its argument.
    for (let left = reader.next(items); left >= 0; left = reader.next(reader.next(left))) {
      this.#commands += 1;
      checkLimit("commands", this.#commands);
      commands.push(this.#command(reader, depth));
    }
    return { bytes: reader.copy(start, reader.offset), commands };
  }

  #command(reader: CborReader, depth: number): Command {
    const { where, shared = false } = this.#rules;
    const { offset } = reader;
    const code = readSmall(reader);
    if (code <= FIRST_CUSTOM) {
      if (shared) throw new WireError("suit.shared-custom", { label: code });
      return { offset, code, argument: { kind: "custom", bytes: readCustom(reader, where) } };
    }
    const row = COMMANDS.get(code);
    if (row === undefined) throw new WireError("suit.command", { where, command: code, offset });
    if (shared && !row.shared) throw new WireError("suit.shared-command", { command: row.name, offset });
    return { offset, code, argument: this.#argument(reader, row, depth) };
  }

  #argument(reader: CborReader, { argument, name }: CommandRow, depth: number): Argument {
    switch (argument) {
      case "policy": {
        const policy = readUint(reader);
        if (policy > MAX_POLICY) throw malformed(`${name} in ${this.#rules.where}`, `reporting policy ${policy}`);
        return { kind: "policy", policy };
      }
      case "index":
        return { kind: "index", index: this.#componentIndex(reader) };
      case "parameters":
        return { kind: "parameters", parameters: this.#parameters(reader) };
      case "try-each":
        return { kind: "try-each", arms: this.#arms(reader, depth) };
      case "sequence":
        return { kind: "sequence", sequence: this.#nested(reader, depth) };
      case "multiple":
        return { kind: "multiple", byIndex: this.#byIndex(reader, name, () => this.#parameters(reader)) };
      case "copy-params":
        return { kind: "copy-params", bySource: this.#byIndex(reader, name, () => this.#keys(reader, name)) };
    }
  }

  /** §6.5: one component, all, or some. */
  #componentIndex(reader: CborReader): ComponentIndex {
    if (reader.major() === MAJOR.uint) return this.#index(reader);
    if (reader.major() !== MAJOR.array) {
      if (reader.simple() !== true) throw malformed(this.#rules.where, "a component index is no number, list or true");
      return true;
    }
    const some: number[] = [];
    for (let left = reader.next(reader.array()); left >= 0; left = reader.next(left)) {
      checkLimit("components", some.length + 1);
      some.push(this.#index(reader));
    }
    if (some.length === 0) throw malformed(this.#rules.where, "a list of component indices is empty");
    return some;
  }

  #index(reader: CborReader): number {
    const index = readUint(reader);
    this.#checkIndex(index);
    return index;
  }

  #checkIndex(index: number | bigint): void {
    const { where, components } = this.#rules;
    if (index >= components) throw new WireError("suit.index", { where, index: String(index), components });
  }

  #parameters(reader: CborReader): Parameters {
    const { where, shared = false } = this.#rules;
    const parameters = readParameters(reader, { where, custom: !shared });
    const source = parameters.get(PARAMETER.sourceComponent);
    if (source?.form === "uint") this.#checkIndex(source.value);
    return parameters;
  }

  /** §8.4.10.2: two sequences or more, then perhaps nil. */
  #arms(reader: CborReader, depth: number): Array<Sequence | undefined> {
    const arms: Array<Sequence | undefined> = [];
    const { where } = this.#rules;
    for (let left = reader.next(reader.array()); left >= 0; left = reader.next(left)) {
      checkLimit("arms", arms.length + 1);
      if (reader.peek() !== NULL) arms.push(this.#nested(reader, depth));
      else if (left > 0) throw malformed(where, "nil is not the last arm of a try-each");
      else {
        reader.simple();
        arms.push(undefined);
      }
    }
    if (arms.filter((arm) => arm !== undefined).length < 2) {
      throw malformed(where, "a try-each has less than two sequences");
    }
    return arms;
  }

  #nested(reader: CborReader, depth: number): Sequence {
    const inner = readInside(reader);
    const sequence = this.sequence(inner, depth + 1);
    inner.finish();
    return sequence;
  }

  #byIndex<T>(reader: CborReader, name: string, read: () => T): ReadonlyMap<number, T> {
    const byIndex = new Map<number, T>();
    for (const index of keysOf(reader, (keys) => this.#index(keys))) byIndex.set(index, read());
    if (byIndex.size === 0) throw malformed(`${name} in ${this.#rules.where}`, "it names no component");
    return byIndex;
  }

  #keys(reader: CborReader, name: string): readonly number[] {
    const keys: number[] = [];
    for (let left = reader.next(reader.array()); left >= 0; left = reader.next(left)) keys.push(readSmall(reader));
    if (keys.length === 0) throw malformed(`${name} in ${this.#rules.where}`, "it names no parameter");
    return keys;
  }
}

/** §8.4.11: bytes, text, an integer or nil. */
function readCustom(reader: CborReader, where: string): Uint8Array {
  const start = reader.offset;
  const item = readItem(reader);
  const isNil = item.kind === "simple" && item.value === null;
  const fits = isNil || item.kind === "bytes" || item.kind === "text" || item.kind === "integer";
  if (!fits) throw malformed(where, "a private command takes bytes, text, an integer or nil");
  return reader.copy(start, reader.offset);
}

/** What an author writes: commands, without the places and bytes that only reading gives. */
export interface NewCommand {
  readonly code: number;
  readonly argument: NewArgument;
}
export interface NewSequence {
  readonly commands: readonly NewCommand[];
}
export type NewArgument =
  | Exclude<Argument, { readonly kind: "try-each" | "sequence" }>
  | { readonly kind: "try-each"; readonly arms: ReadonlyArray<NewSequence | undefined> }
  | { readonly kind: "sequence"; readonly sequence: NewSequence };

export const encodeSequence = (sequence: NewSequence): Uint8Array =>
  encode((writer) => writeSequence(writer, sequence));

export function writeSequence(writer: CborWriter, { commands }: NewSequence): void {
  writer.array(2 * commands.length);
  for (const { code, argument } of commands) {
    writer.integer(code);
    writeArgument(writer, argument);
  }
}

function writeArgument(writer: CborWriter, argument: NewArgument): void {
  switch (argument.kind) {
    case "policy":
      writer.integer(argument.policy);
      break;
    case "index":
      writeIndex(writer, argument.index);
      break;
    case "parameters":
      writeParameters(writer, argument.parameters);
      break;
    case "try-each":
      writer.array(argument.arms.length);
      for (const arm of argument.arms) {
        if (arm === undefined) writer.null();
        else writeInside(writer, (inner) => writeSequence(inner, arm));
      }
      break;
    case "sequence":
      writeInside(writer, (inner) => writeSequence(inner, argument.sequence));
      break;
    case "multiple":
      writeByIndex(writer, argument.byIndex, writeParameters);
      break;
    case "copy-params":
      writeByIndex(writer, argument.bySource, writeNumbers);
      break;
    case "custom":
      writer.raw(argument.bytes);
  }
}

function writeIndex(writer: CborWriter, index: ComponentIndex): void {
  if (index === true) writer.boolean(true);
  else if (typeof index === "number") writer.integer(index);
  else writeNumbers(writer, index);
}

function writeNumbers(writer: CborWriter, numbers: readonly number[]): void {
  writer.array(numbers.length);
  for (const number of numbers) writer.integer(number);
}

const writeByIndex = <T>(
  writer: CborWriter,
  byIndex: ReadonlyMap<number, T>,
  write: (writer: CborWriter, value: T) => void,
): void =>
  writeLabelled(
    writer,
    [...byIndex].map(([index, value]) => [index, (inner: CborWriter) => write(inner, value)] as const),
  );
