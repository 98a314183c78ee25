/**
 * What is done with a mutated input, one row per kind. A trial throws coded errors as the gateway does; a sentence that
 * it returns is a finding.
 */
import { isDeepStrictEqual } from "node:util";
import { isCoded, toHex } from "../../../gateway/base/index.ts";
import { compile } from "../../../gateway/yang/compile/compile.ts";
import {
  annotate,
  decodeIdentifiers,
  decodeInstances,
  decodeTree,
  edit,
  encodeIdentifiers,
  encodeInstances,
  encodeTree,
  type Form,
  formatInstanceId,
  fromJson,
  type Instance,
  isTree,
  type Json,
  merge,
  parsePath,
  salvageTree,
  type Tree,
  toJson,
  validate,
  validateEdit,
  valueFromJson,
} from "../../../gateway/yang/index.ts";
import type { ParseYang } from "../../../gateway/yang/parse/parser.ts";
import { openPattern } from "../../../gateway/yang/patterns/index.ts";
import { readSidFile } from "../../../gateway/yang/sid/sid-file.ts";
import { change } from "../../yang/random/change-of.ts";
import type { Members } from "../../yang/random/document-of.ts";
import type { Dice } from "../dice.ts";
import { mutateBytes, mutateText } from "./mutations.ts";
import { isValid, type Sample, type Subject } from "./subjects.ts";
import { ANNEX_YANG, ZOO_YANG } from "./zoo.ts";

export interface Range {
  readonly dice: Dice;
  readonly subjects: readonly Subject[];
  readonly sidFiles: readonly string[];
  readonly parse: ParseYang;
}

/** An input and what happens to it, apart from each other so that a slow or bad one can be tried again. */
export interface Trial {
  /** To report it. */
  readonly input: string;
  run(): string | undefined;
}

interface Kind {
  readonly name: string;
  readonly weight: number;
  readonly make: (range: Range) => Trial;
}

type Bytes = "data" | "identifiers" | "instances" | "calls";

export const KINDS: readonly Kind[] = [
  { name: "data", weight: 60, make: (range) => bytesTrial(range, "data", dataTrial) },
  { name: "instances", weight: 50, make: (range) => bytesTrial(range, "instances", instancesTrial) },
  { name: "calls", weight: 12, make: (range) => bytesTrial(range, "calls", callsTrial) },
  { name: "edit", weight: 20, make: editTrial },
  { name: "identifiers", weight: 20, make: (range) => bytesTrial(range, "identifiers", identifiersTrial) },
  { name: "JSON text", weight: 20, make: jsonTextTrial },
  { name: "JSON document", weight: 16, make: documentTrial },
  { name: "path", weight: 20, make: pathTrial },
  { name: "pattern", weight: 8, make: patternTrial },
  { name: ".sid file", weight: 3, make: sidTrial },
  // The dearest by far.
  { name: "YANG text", weight: 0.5, make: yangTrial },
];
/** Explaining an input costs more than reading it. */
const ANNOTATED_SHARE = 0.2;

interface Told {
  readonly bytes: Uint8Array;
  readonly form: Form;
  readonly subject: Subject;
  readonly sample: Sample;
}

function bytesTrial({ dice, subjects }: Range, what: Bytes, read: (told: Told) => string | undefined): Trial {
  const subject = dice.pick(subjects);
  const form = dice.pick(subject.forms);
  const [sample, other] = [dice.pick(subject.samples), dice.pick(subject.samples)];
  const bytes = mutateBytes(dice, sample[what].get(form) ?? EMPTY, other[what].get(form) ?? EMPTY);
  // Readers of one form get the bytes of another now and then.
  const readAs = dice.chance(0.05) ? dice.pick(subject.forms) : form;
  const explained = dice.chance(ANNOTATED_SHARE);
  return {
    input: `${subject.name}, ${what} as ${readAs}: ${toHex(bytes.subarray(0, 400))}`,
    run: () => {
      if (explained)
        annotate(bytes, subject.schema, ({ data: 140, identifiers: 141, instances: 142, calls: 142 } as const)[what]);
      return read({ bytes, form: readAs, subject, sample });
    },
  };
}

const EMPTY = new Uint8Array(0);

function dataTrial({ bytes, form, subject: { schema }, sample }: Told): string | undefined {
  refusedOr(() => void salvageTree(bytes, schema));
  const tree = decodeTree(bytes, schema, form);
  refusedOr(() => void encodeTree(merge(sample.tree, tree, schema), schema, form));
  const again = encodeTree(tree, schema, form);
  const reread = decodeTree(again, schema, form);
  if (!isDeepStrictEqual(reread, tree)) return "it decodes to another tree after encoding";
  if (toHex(encodeTree(reread, schema, form)) !== toHex(again)) return "it has two encodings";
  const json = JSON.parse(JSON.stringify(toJson(tree, schema))) as Json;
  if (!hasFloats(tree) && !isDeepStrictEqual(fromJson(json, schema), tree)) return "its JSON is another tree";
  if (isValid(tree, schema) !== isValid(reread, schema)) return "it is valid before or after encoding only";
  return undefined;
}

/** anyxml is kept as bytes; JSON cannot say all that CBOR can, and gives back what it can say. */
function hasFloats(tree: Tree): boolean {
  return [...tree.values()].some(
    (value) => value instanceof Uint8Array || (value instanceof Map && hasFloats(value as Tree)),
  );
}

function instancesTrial({ bytes, form, subject, sample }: Told): string | undefined {
  const { schema } = subject;
  const instances = decodeInstances(bytes, schema, "input", form);
  const again = encodeInstances(instances, schema, form);
  const reread = decodeInstances(again, schema, "input", form);
  if (!isDeepStrictEqual(reread, instances)) return "they decode to other instances after encoding";
  return editFinding(sample.tree, instances, subject);
}

function editFinding(tree: Tree, instances: readonly Instance[], { schema, forms }: Subject): string | undefined {
  const print = (each: Tree): string => toHex(encodeTree(each, schema, forms[0]));
  const before = print(tree);
  const words = refusedOr(() => {
    const after = edit(tree, instances, schema);
    if (print(edit(after, instances, schema)) !== print(after)) return "the edit is not idempotent";
    validateEdit(tree, after, instances, schema);
    return isValid(tree, schema) && !isValid(after, schema)
      ? "an edit that passed made a valid tree invalid"
      : undefined;
  });
  return print(tree) === before ? words : "the edit changed the tree that it was given";
}

/** A refusal is no finding, whatever came before it. */
function refusedOr(run: () => string | undefined): string | undefined {
  try {
    return run();
  } catch (error) {
    if (isCoded(error) && error.blame !== "bug") return undefined;
    throw error;
  }
}

function editTrial({ dice, subjects }: Range): Trial {
  const subject = dice.pick(subjects);
  const { schema, documents, samples } = subject;
  const sample = dice.pick(samples);
  const words: string[] = [];
  const instances = Array.from({ length: 1 + dice.below(3) }, (): Instance[] => {
    const id = sample.ids.length > 0 ? dice.pick(sample.ids) : undefined;
    const node = id && schema.bySid(id.sid);
    if (id === undefined || node === undefined) return [];
    const json = dice.chance(0.3) ? undefined : documents.value(node);
    const one = node.kind === "list" && id.keys.length > 0 && Array.isArray(json) ? json[0] : json;
    words.push(`${formatInstanceId(id, schema)} = ${JSON.stringify(one)}`);
    try {
      return [{ id, value: one === undefined ? undefined : valueFromJson(one as Json, id.sid, schema) }];
    } catch (error) {
      if (isCoded(error)) return [];
      throw error;
    }
  }).flat();
  return {
    input: `${subject.name}, edit of ${JSON.stringify(sample.document).slice(0, 600)}: ${words.join("; ").slice(0, 600)}`,
    run: () => editFinding(sample.tree, instances, subject),
  };
}

/** What stands under the SID of an rpc is its input. */
function callsTrial({ bytes, form, subject: { schema }, sample }: Told): string | undefined {
  const calls = decodeInstances(bytes, schema, "input", form);
  const reread = decodeInstances(encodeInstances(calls, schema, form), schema, "input", form);
  if (!isDeepStrictEqual(reread, calls)) return "they decode to other calls after encoding";
  for (const { id, value } of calls) {
    const input = schema.bySid(id.sid)?.children.find(({ kind }) => kind === "input");
    if (input === undefined || !isTree(value)) continue;
    const json = JSON.parse(JSON.stringify(toJson(value, schema, input))) as Json;
    if (!hasFloats(value) && !isDeepStrictEqual(fromJson(json, schema, input), value))
      return "its JSON is another input";
    validate(value, schema, input, { datastore: sample.tree });
  }
  return undefined;
}

function identifiersTrial({ bytes, form, subject: { schema } }: Told): string | undefined {
  const ids = decodeIdentifiers(bytes, schema, form);
  for (const id of ids) formatInstanceId(id, schema);
  const again = encodeIdentifiers(ids, schema, form);
  return isDeepStrictEqual(decodeIdentifiers(again, schema, form), ids) ? undefined : "they come back as others";
}

function jsonTextTrial({ dice, subjects }: Range): Trial {
  const { samples, schema, name } = dice.pick(subjects);
  const [one, other] = [dice.pick(samples), dice.pick(samples)].map(({ document }) => JSON.stringify(document));
  const text = mutateText(dice, one ?? "", other ?? "");
  return {
    input: `${name}, JSON: ${text.slice(0, 800)}`,
    run: () => {
      let json: Json;
      try {
        json = JSON.parse(text) as Json;
      } catch {
        return undefined;
      }
      return jsonFinding(json, schema);
    },
  };
}

function jsonFinding(json: Json, schema: Subject["schema"]): string | undefined {
  const tree = fromJson(json, schema);
  const again = fromJson(JSON.parse(JSON.stringify(toJson(tree, schema))) as Json, schema);
  if (!hasFloats(tree) && !isDeepStrictEqual(again, tree)) return "it is another tree after writing";
  const bytes = encodeTree(tree, schema, "any");
  if (!isDeepStrictEqual(decodeTree(bytes, schema, "any"), tree)) return "it is another tree after encoding";
  validate(tree, schema);
  return undefined;
}

function documentTrial({ dice, subjects }: Range): Trial {
  const { samples, schema, documents, name } = dice.pick(subjects);
  const document = JSON.parse(JSON.stringify(dice.pick(samples).document)) as Members;
  const words = change(document, schema, { dice, documents });
  return {
    input: `${name}, ${words}: ${JSON.stringify(document).slice(0, 800)}`,
    run: () => jsonFinding(document as Json, schema),
  };
}

function pathTrial({ dice, subjects }: Range): Trial {
  const { samples, schema, name } = dice.pick(subjects);
  const paths = [dice.pick(samples), dice.pick(samples)].map(({ paths }) =>
    paths.length > 0 ? dice.pick(paths) : "/",
  );
  const text = mutateText(dice, paths[0] ?? "", paths[1] ?? "");
  return {
    input: `${name}, path: ${text.slice(0, 400)}`,
    run: () => {
      const id = parsePath(text, schema);
      const again = parsePath(formatInstanceId(id, schema), schema);
      return isDeepStrictEqual(again, id) ? undefined : "it is another path after writing";
    },
  };
}

const PATTERNS = [
  "[0-9]{4}-(1[0-2]|0[1-9])-(0[1-9]|[1-2][0-9]|3[0-1])",
  "((:|[0-9a-fA-F]{0,4}):)([0-9a-fA-F]{0,4}:){0,5}((([0-9a-fA-F]{0,4}:)?(:|[0-9a-fA-F]{0,4})))(%.+)?",
  "[\\i-[:]][\\c-[:]]*(\\p{Lu}|[^\\p{IsBasicLatin}])?",
  "([0-9]*(\\.[0-9]*){1,127}|.+@.+)*",
];

function patternTrial({ dice }: Range): Trial {
  const source = mutateText(dice, dice.pick(PATTERNS), dice.pick(PATTERNS));
  const text = dice.pick(["2026-11-21", "fe80::1%eth0", "1.3.6.1.4.1", "éA:-_", "a".repeat(2_000), "\ud800"]);
  return {
    input: `pattern ${source.slice(0, 400)} against ${text.slice(0, 40)}`,
    run: () => {
      const pattern = openPattern(source);
      const first = pattern.matches(text);
      return pattern.matches(text) === first ? undefined : "it answers twice, and not the same";
    },
  };
}

function sidTrial({ dice, sidFiles }: Range): Trial {
  const text = mutateText(dice, dice.pick(sidFiles), dice.pick(sidFiles));
  return {
    input: `.sid file: ${text.slice(0, 400)}`,
    run: () => void readSidFile(text, "fuzz.sid"),
  };
}

function yangTrial({ dice, parse }: Range): Trial {
  const text = mutateText(dice, dice.pick([ZOO_YANG, ANNEX_YANG]), ZOO_YANG);
  const other = text.startsWith("module zoo") ? ANNEX_YANG : ZOO_YANG;
  return {
    input: `YANG: ${text}`,
    run: () => {
      const roots = [parse(text, "fuzz.yang"), parse(other, "other.yang")];
      const implemented = roots.filter(({ keyword }) => keyword === "module");
      compile({ implemented, find: (name) => roots.find(({ argument }) => argument === name) });
      return undefined;
    },
  };
}

/** What one run came to. */
export type Outcome = { readonly kind: "read" | "refused" } | { readonly kind: "finding"; readonly words: string };

export function outcomeOf(trial: Trial): Outcome {
  try {
    const words = trial.run();
    return words === undefined ? { kind: "read" } : { kind: "finding", words };
  } catch (error) {
    if (isCoded(error) && error.blame !== "bug") return { kind: "refused" };
    return { kind: "finding", words: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}
