/** Modules written inside a test: compiled without SIDs, found by name, refused with what is told. */
import { isCoded } from "../../../gateway/base/index.ts";
import { type Compilation, compile } from "../../../gateway/yang/compile/compile.ts";
import type { FeatureChoice } from "../../../gateway/yang/compile/features.ts";
import { revisionOf } from "../../../gateway/yang/compile/module-set.ts";
import { openSchema } from "../../../gateway/yang/compile/open-schema.ts";
import type { Schema, SchemaNode } from "../../../gateway/yang/index.ts";
import { openParser } from "../../../gateway/yang/parse/parser.ts";
import type { Statement } from "../../../gateway/yang/parse/statement.ts";

const parser = await openParser();
const parsed = new Map<string, Statement>();

/** Statements are never changed, so that a text is parsed once however often it is compiled. */
function parse(text: string, file: string): Statement {
  const statement = parsed.get(file + text) ?? parser(text, file);
  parsed.set(file + text, statement);
  return statement;
}

/** A module `m` with prefix `m` and these statements, the first of which stands on line 2. */
export const moduleM = (body: string): string =>
  `module m { yang-version 1.1; namespace "urn:m"; prefix m;\n${body}\n}`;

/** What the modules that define extensions say of them. */
export const STRUCTURE_EXT = `module ietf-yang-structure-ext { namespace "urn:sx"; prefix sx;
  extension structure { argument name; } extension augment-structure { argument path; } }`;
export const RESTCONF = `module ietf-restconf { namespace "urn:rc"; prefix rc; extension yang-data { argument name; } }`;
export const NACM = `module ietf-netconf-acm { namespace "urn:nacm"; prefix nacm;
  extension default-deny-write; extension default-deny-all; }`;

export interface InlineOptions {
  readonly features?: FeatureChoice;
  /** The one module that is implemented; by default all are, in their newest revision. */
  readonly only?: string;
}

export function compileTexts(texts: readonly string[], { features, only }: InlineOptions = {}): Compilation {
  const roots = texts.map((text, index) => parse(text, `file${index}.yang`));
  const newest = (name: string) =>
    roots
      .filter((root) => root.argument === name)
      .sort((a, b) => (revisionOf(a) < revisionOf(b) ? -1 : 1))
      .at(-1);
  return compile({
    implemented: roots.filter(
      (root) =>
        root.keyword === "module" && newest(root.argument ?? "") === root && (only ?? root.argument) === root.argument,
    ),
    find: (name, revision) =>
      revision === undefined
        ? newest(name)
        : roots.find((root) => root.argument === name && revisionOf(root) === revision),
    ...(features ? { features } : {}),
  });
}

export const schemaOf = (...texts: readonly string[]): Schema => openSchema(compileTexts(texts).image);

/** With numbers: 60000, 60001, ... in the order of the text, identities from 61000 on. */
export function numberedSchema(...texts: readonly string[]): Schema {
  const { image } = compileTexts(texts);
  return openSchema({
    ...image,
    nodes: image.nodes.map((node, i) => ({ ...node, sid: 60_000 + i })),
    identities: image.identities.map((identity, i) => ({ ...identity, sid: 61_000 + i })),
  });
}

/** The node that must be there. */
export function nodeAt(schema: Schema, path: string): SchemaNode {
  const node = schema.byPath(path);
  if (!node) throw new Error(`no node ${path}`);
  return node;
}

/** What the error says, without its text. */
export function refusal(run: () => unknown): Readonly<Record<string, unknown>> | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    if (isCoded(error)) return { code: error.code, ...error.facts };
    throw error;
  }
}
