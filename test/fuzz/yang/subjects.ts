/** Schemas under fire, each with valid inputs of every kind. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isCoded, SILENT } from "../../../gateway/base/index.ts";
import { compile } from "../../../gateway/yang/compile/compile.ts";
import type { SchemaImage } from "../../../gateway/yang/compile/image.ts";
import { openSchema } from "../../../gateway/yang/compile/open-schema.ts";
import {
  encodeIdentifiers,
  encodeInstances,
  encodeTree,
  type Form,
  fromJson,
  type Instance,
  type InstanceId,
  type Json,
  loadModels,
  parsePath,
  type Schema,
  select,
  type Tree,
  validate,
} from "../../../gateway/yang/index.ts";
import { openParser } from "../../../gateway/yang/parse/parser.ts";
import { type Members, RandomDocuments } from "../../yang/random/document-of.ts";
import { placesIn } from "../../yang/random/places.ts";
import type { Dice } from "../dice.ts";
import { ANNEX_YANG, ZOO_YANG } from "./zoo.ts";

export const FORMS: readonly Form[] = ["sid", "name", "any"];

/** Valid by itself; bytes by form. */
export interface Sample {
  readonly document: Members;
  readonly tree: Tree;
  readonly data: ReadonlyMap<Form, Uint8Array>;
  readonly identifiers: ReadonlyMap<Form, Uint8Array>;
  readonly instances: ReadonlyMap<Form, Uint8Array>;
  /** Calls of rpcs, with their inputs. */
  readonly calls: ReadonlyMap<Form, Uint8Array>;
  readonly paths: readonly string[];
  readonly ids: readonly InstanceId[];
}

export interface Subject {
  readonly name: string;
  readonly schema: Schema;
  /** Forms in which all of it can be said. */
  readonly forms: readonly Form[];
  readonly documents: RandomDocuments;
  readonly samples: readonly Sample[];
}

const SAMPLES = 24;
const SIZE = 25;
const FEW = 4;
const PUBLISHED = "/work/shared/yang";

export async function openSubjects(dice: Dice, published: boolean): Promise<readonly Subject[]> {
  const zoo = await compiled([ZOO_YANG, ANNEX_YANG]);
  const subjects = [
    subject("our own models", await loadModels({ log: SILENT }), FORMS, dice),
    subject("every type, numbered", openSchema(numbered(zoo)), FORMS, dice),
    subject("every type, by name", openSchema(zoo), ["name", "any"], dice),
  ];
  if (published && existsSync(PUBLISHED)) {
    const names = readdirSync(PUBLISHED).filter((name) => name.endsWith(".yang"));
    const texts = names.map((name) => readFileSync(join(PUBLISHED, name), "utf8"));
    subjects.push(subject("published models", openSchema(numbered(await compiled(texts))), FORMS, dice));
  }
  return subjects;
}

async function compiled(texts: readonly string[]): Promise<SchemaImage> {
  const parse = await openParser();
  const roots = texts.map((text, i) => parse(text, `${i}.yang`));
  const implemented = roots.filter(({ keyword }) => keyword === "module");
  return compile({ implemented, find: (name) => roots.find(({ argument }) => argument === name) }).image;
}

/** SIDs up and down, so that deltas have both signs. */
function numbered(image: SchemaImage): SchemaImage {
  const sidOf = (index: number): number => 60_000 + (index % 7 === 3 ? 100_000 - index : index);
  return {
    ...image,
    nodes: image.nodes.map((node, index) => ({ ...node, sid: sidOf(index) })),
    identities: image.identities.map((identity, index) => ({ ...identity, sid: 200_000 + index })),
  };
}

function subject(name: string, schema: Schema, forms: readonly Form[], dice: Dice): Subject {
  const documents = new RandomDocuments(schema, dice, { state: true, size: SIZE });
  const samples: Sample[] = [];
  for (let tries = 0; samples.length < SAMPLES && tries < 50 * SAMPLES; tries++) {
    const sample = sampleOf(documents, schema, forms);
    if (sample !== undefined) samples.push(sample);
  }
  return { name, schema, forms, documents, samples };
}

/** undefined: it holds a value that none of the random tries got right. */
function sampleOf(documents: RandomDocuments, schema: Schema, forms: readonly Form[]): Sample | undefined {
  const document = documents.next();
  const tree = unlessRefused(() => fromJson(document as Json, schema));
  if (tree === undefined) return undefined;
  const paths = placesIn(document, schema).map(({ path }) => path);
  const ids = paths.flatMap((path) => unlessRefused(() => parsePath(path, schema)) ?? []);
  // A few, so that a change of one leaves others that can be read.
  const few = ids.filter((_, i) => i % Math.ceil(ids.length / FEW) === 0);
  const instances = few.map((id): Instance => ({ id, value: select(tree, id, schema) }));
  const by = (encode: (form: Form) => Uint8Array) => new Map(forms.map((form) => [form, encode(form)]));
  return {
    document,
    tree,
    paths,
    ids,
    data: by((form) => encodeTree(tree, schema, form)),
    identifiers: by((form) => encodeIdentifiers(few, schema, form)),
    instances: by((form) => encodeInstances(instances, schema, form)),
    calls: by((form) => encodeInstances(callsOf(documents, schema), schema, form)),
  };
}

function callsOf(documents: RandomDocuments, schema: Schema): readonly Instance[] {
  const rpcs = schema.roots.filter(({ kind }) => kind === "rpc");
  const calls = rpcs.flatMap((rpc): Instance[] => {
    const input = rpc.children.find(({ kind }) => kind === "input");
    const json = input && { [`${rpc.module}:input`]: documents.value(input) as Json };
    const value = json && unlessRefused(() => fromJson(json, schema, input));
    return value === undefined ? [] : [{ id: { sid: rpc.sid, keys: [] }, value }];
  });
  return calls.slice(0, FEW);
}

function unlessRefused<T>(run: () => T): T | undefined {
  try {
    return run();
  } catch (error) {
    if (isCoded(error)) return undefined;
    throw error;
  }
}

export const isValid = (tree: Tree, schema: Schema): boolean =>
  unlessRefused(() => {
    validate(tree, schema);
    return true;
  }) ?? false;
