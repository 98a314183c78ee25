/**
 * draft-ietf-suit-manifest-09 §8.4.8 to §8.4.10 — command sequences as RIOT runs them. Read with the codes and digests of the
 * draft; `modernSequence` says the same in those of draft -37, for everybody who judges.
 */
import { WireError } from "../../../base/index.ts";
import { type CborReader, keysOf, MAJOR } from "../../cbor/index.ts";
import { SHA_256 } from "../digest.ts";
import { PARAMETER } from "../labels.ts";
import { checkLimit } from "../limits.ts";
import type { NewCommand, NewSequence } from "../manifest/sequence.ts";
import { malformed, readInside, readSmall, readTuple, readUint } from "../strict.ts";
import type { Argument, Command, Parameters, ParameterValue, Sequence } from "../types.ts";
import { RIOT09, RIOT09_COMMANDS, RIOT09_LIMITS } from "./labels.ts";

const MAX_POLICY = 0x0f;
const UUID_LENGTH = 16;
const SHA_256_LENGTH = 32;

/** The byte string that comes next, and the sequence in it. */
export const readRiot09Sequence = (reader: CborReader, where: string): Sequence =>
  new Riot09SequenceReader(where).nested(reader, 0);

class Riot09SequenceReader {
  readonly #where: string;
  #commands = 0;

  constructor(where: string) {
    this.#where = where;
  }

  nested(reader: CborReader, depth: number): Sequence {
    // Reports do not exist here: offsets are for `inspect`, from the start of the section.
    const inner = readInside(reader);
    const sequence = this.#sequence(inner, depth);
    inner.finish();
    return sequence;
  }

  #sequence(reader: CborReader, depth: number): Sequence {
    checkLimit("depth", depth);
    const start = reader.offset;
    const items = reader.array();
    if (items === 0 || items % 2 !== 0) throw malformed(this.#where, `a sequence has ${items} items`);
    const commands: Command[] = [];
    for (let left = reader.next(items); left >= 0; left = reader.next(reader.next(left))) {
      this.#commands += 1;
      checkLimit("commands", this.#commands);
      commands.push(this.#command(reader, start, depth));
    }
    return { bytes: reader.copy(start, reader.offset), commands };
  }

  #command(reader: CborReader, start: number, depth: number): Command {
    const offset = reader.offset - start;
    const code = readSmall(reader);
    const row = RIOT09_COMMANDS.get(code);
    if (row === undefined) throw new WireError("suit.command", { where: this.#where, command: code, offset });
    return { offset, code, argument: this.#argument(reader, row, depth) };
  }

  #argument(reader: CborReader, row: { readonly argument: string; readonly name: string }, depth: number): Argument {
    switch (row.argument) {
      case "policy": {
        const policy = readUint(reader);
        if (policy > MAX_POLICY) throw malformed(`${row.name} in ${this.#where}`, `reporting policy ${policy}`);
        return { kind: "policy", policy };
      }
      case "index": {
        // There is one component; for true and false RIOT reads beyond its list of components.
        const index = readUint(reader);
        if (index !== 0) throw new WireError("suit.index", { where: this.#where, index: String(index), components: 1 });
        return { kind: "index", index };
      }
      case "parameters":
        return { kind: "parameters", parameters: readParameters(reader, this.#where) };
      case "try-each":
        return { kind: "try-each", arms: this.#arms(reader, depth) };
      default:
        return { kind: "sequence", sequence: this.nested(reader, depth + 1) };
    }
  }

  /** §8.4.10.4: two or more. The draft allows nil at the end, RIOT does not. */
  #arms(reader: CborReader, depth: number): readonly Sequence[] {
    const arms: Sequence[] = [];
    for (let left = reader.next(reader.array()); left >= 0; left = reader.next(left)) {
      checkLimit("arms", arms.length + 1);
      arms.push(this.nested(reader, depth + 1));
    }
    if (arms.length < 2) throw malformed(this.#where, "a try-each has less than two sequences");
    return arms;
  }
}

function readParameters(reader: CborReader, where: string): Parameters {
  const parameters = new Map<number, ParameterValue>();
  for (const key of keysOf(reader, readSmall)) parameters.set(key, readParameter(reader, key, where));
  if (parameters.size === 0) throw malformed(where, "a map of parameters is empty");
  return parameters;
}

function readParameter(reader: CborReader, key: number, where: string): ParameterValue {
  switch (key) {
    case RIOT09.parameter.vendorIdentifier:
    case RIOT09.parameter.classIdentifier: {
      const bytes = reader.byteString();
      if (bytes.length !== UUID_LENGTH) throw malformed(where, `an identifier of ${bytes.length} bytes`);
      return { form: "identifier", bytes, tagged: false };
    }
    case RIOT09.parameter.imageDigest: {
      const inner = readInside(reader);
      const bytes = readRiot09Digest(inner, where);
      inner.finish();
      return { form: "digest", digest: { algorithm: RIOT09.sha256, bytes } };
    }
    case RIOT09.parameter.componentOffset:
    case RIOT09.parameter.imageSize:
      return { form: "uint", value: BigInt(readUint32(reader, where)) };
    case RIOT09.parameter.uri:
      return { form: "text", text: reader.text() };
    default:
      throw new WireError("suit.parameter", { where, parameter: key });
  }
}

/** §8.1: [2, the SHA-256]. */
export function readRiot09Digest(reader: CborReader, where: string): Uint8Array {
  const bytes = readTuple(reader, 2, `the digest of ${where}`, () => {
    const algorithm = readSmall(reader);
    if (algorithm !== RIOT09.sha256) throw new WireError("suit.digest-algorithm", { where, algorithm });
    return reader.byteString();
  });
  if (bytes.length === SHA_256_LENGTH) return bytes;
  throw new WireError("suit.digest-length", { where, length: bytes.length, expected: SHA_256_LENGTH });
}

export function readUint32(reader: CborReader, where: string): number {
  if (reader.major() !== MAJOR.uint) throw malformed(where, "a number is none from 0 on");
  const value = reader.integer();
  if (value > RIOT09_LIMITS.uint32) throw malformed(where, "a number has more than 32 bits");
  return Number(value);
}

/** The same in the words of draft -37. Bytes stay those that were signed. */
export const modernSequence = ({ bytes, commands }: Sequence): Sequence => ({
  bytes,
  commands: commands.map(({ offset, code, argument }) => ({
    offset,
    code: RIOT09_COMMANDS.get(code)?.modern ?? code,
    argument: modernArgument(argument),
  })),
});

function modernArgument(argument: Argument): Argument {
  switch (argument.kind) {
    case "parameters":
      return { kind: "parameters", parameters: withDigests(argument.parameters, SHA_256) };
    case "try-each":
      return { kind: "try-each", arms: argument.arms.map((arm) => arm && modernSequence(arm)) };
    case "sequence":
      return { kind: "sequence", sequence: modernSequence(argument.sequence) };
    default:
      return argument;
  }
}

const withDigests = (parameters: Parameters, algorithm: number): Parameters =>
  new Map(
    [...parameters].map(([key, value]) =>
      key === PARAMETER.imageDigest && value.form === "digest"
        ? [key, { form: "digest", digest: { ...value.digest, algorithm } }]
        : [key, value],
    ),
  );

/** What an author writes with the digests of today, with those of the draft. */
export const oldSequence = ({ commands }: NewSequence): NewSequence => ({ commands: commands.map(oldCommand) });

function oldCommand({ code, argument }: NewCommand): NewCommand {
  if (argument.kind === "parameters") {
    return { code, argument: { kind: "parameters", parameters: withDigests(argument.parameters, RIOT09.sha256) } };
  }
  if (argument.kind !== "try-each") return { code, argument };
  return { code, argument: { kind: "try-each", arms: argument.arms.map((arm) => arm && oldSequence(arm)) } };
}
