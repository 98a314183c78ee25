/** `sidgate yang validate`: everything that is wrong with data, each finding with its place and its rule. */
import { type DataForm, EXIT, printable, printableJson, type YangValidateOptions } from "../../admin/cli/index.ts";
import { UsageError } from "../../base/index.ts";
import {
  DataError,
  decodeData,
  EMPTY_TREE,
  findings,
  type Instance,
  isTree,
  type Schema,
  type SchemaNode,
  type Sid,
  type Tree,
  type Value,
} from "../../yang/index.ts";
import { type Content, contentFromJson, guessForm, readContent, treeInside } from "./content.ts";
import { asText, hexOrBytes, looksLikeJson, nameOf, readBytes } from "./input.ts";
import { parseJson } from "./json-text.ts";
import { schemaForPeople } from "./schema-for-people.ts";
import type { ToolIo } from "./tool-io.ts";

/** Exit code 1 when there is a finding. Throws UsageError `cli.*`, and WireError `cbor.*` for what is no CBOR at all. */
export async function yangValidate(options: YangValidateOptions, io: ToolIo): Promise<number> {
  const { data, scope: path, output, configOnly, models, json } = options;
  if (path !== undefined && (options.format === "instances" || options.format === "identifiers")) {
    throw usage("--scope says what a tree is the contents of, and a sequence is none");
  }
  const bytes = await readBytes(data, io);
  const schema = await schemaForPeople(models, io.note);
  const form = options.format ?? (looksLikeJson(bytes) ? "json" : guessForm(hexOrBytes(bytes), nameOf(data), schema));
  const scope = path === undefined ? undefined : scopeAt(path, output, schema);
  const found = examine(bytes, form, { schema, scope, configOnly, name: nameOf(data) });
  if (json) io.print(printableJson({ valid: found.length === 0, findings: found.map(rowOf) }));
  else io.print(found.length === 0 ? "No findings." : found.map(lineOf).join("\n"));
  return found.length === 0 ? EXIT.ok : EXIT.failed;
}

interface Question {
  readonly schema: Schema;
  readonly scope: SchemaNode | undefined;
  readonly configOnly: boolean;
  readonly name: string;
}

/** A fault of form ends the reading, so it is the only finding then. */
function examine(bytes: Uint8Array, form: DataForm, question: Question): readonly DataError[] {
  const { schema, scope, configOnly, name } = question;
  try {
    const json = form === "json" ? parseJson(asText(bytes, name), name) : undefined;
    if (scope !== undefined) {
      const tree =
        json === undefined ? decodeData(hexOrBytes(bytes), schema, scope, "any") : treeInside(json, scope, schema);
      return findings(tree, schema, { scope });
    }
    const content =
      json === undefined
        ? readContent(hexOrBytes(bytes), form as Exclude<DataForm, "json">, schema)
        : contentFromJson(json, undefined, schema);
    return findingsOf(content, configOnly, schema);
  } catch (error) {
    if (error instanceof DataError) return [error];
    throw error;
  }
}

/** Instances stand for parts of a datastore that is not there: each is checked by itself. */
function findingsOf(content: Content, configOnly: boolean, schema: Schema): readonly DataError[] {
  switch (content.kind) {
    case "identifiers":
      return [];
    case "tree":
      return findingsOfTree(content.tree, configOnly, schema);
    case "instances":
      return content.instances.flatMap((instance) => findingsOfCall(instance, content.side, schema));
  }
}

/**
 * A notification and a structure (RFC 7951 §4, RFC 8791 §2) are whole by themselves and no part of a datastore, which
 * is looked at when there is some of it, or nothing else.
 */
function findingsOfTree(tree: Tree, configOnly: boolean, schema: Schema): readonly DataError[] {
  const messages = [...tree.keys()].flatMap((sid) => messageNode(sid, schema) ?? []);
  const found = messages.flatMap((scope) => {
    const contents = tree.get(scope.sid);
    return isTree(contents) ? findings(contents, schema, { scope }) : [];
  });
  if (messages.length > 0 && messages.length === tree.size) return found;
  const datastore = new Map([...tree].filter(([sid]) => messageNode(sid, schema) === undefined));
  const kept = configOnly ? withoutState(datastore, schema) : datastore;
  return [...found, ...findings(kept, schema, { complete: !configOnly })];
}

function messageNode(sid: Sid, schema: Schema): SchemaNode | undefined {
  const node = schema.bySid(sid);
  return node?.kind === "notification" || node?.structure ? node : undefined;
}

function withoutState(tree: Tree, schema: Schema): Tree {
  const kept = [...tree].filter(([sid]) => schema.bySid(sid)?.config !== false);
  return new Map(kept.map(([sid, value]) => [sid, configOf(value, schema)]));
}

function configOf(value: Value, schema: Schema): Value {
  if (isTree(value)) return withoutState(value, schema);
  return isList(value) ? value.map((entry) => withoutState(entry, schema)) : value;
}

const isList = (value: Value): value is readonly Tree[] => Array.isArray(value) && value.every(isTree);

/** An rpc or action, a notification: what stands there is whole. */
function findingsOfCall({ id, value }: Instance, side: "input" | "output", schema: Schema): readonly DataError[] {
  const node = schema.bySid(id.sid);
  const whole = node?.kind === "notification" ? node : node?.children.find(({ kind }) => kind === side);
  if (whole === undefined || (value !== undefined && !isTree(value))) return [];
  return findings(value ?? EMPTY_TREE, schema, { scope: whole });
}

/** The node whose contents the data is. Throws UsageError `cli.usage`. */
function scopeAt(path: string, output: boolean, schema: Schema): SchemaNode {
  const node = schema.byPath(path);
  if (node === undefined) throw usage(`no node of the models has the path '${path}'`);
  const side = output ? "output" : "input";
  const scope = node.kind === "rpc" || node.kind === "action" ? node.children.find(({ kind }) => kind === side) : node;
  if (scope === undefined || scope.type !== undefined || scope.kind === "anyxml") {
    throw usage(`'${path}' is no container, list, rpc, action or notification`);
  }
  return scope;
}

const usage = (what: string): UsageError => new UsageError("cli.usage", { what });

const rowOf = ({ code, rule, facts: { path, what, tag, appTag, mustTag } }: DataError) => ({
  path,
  text: what,
  code,
  errorTag: tag,
  // What the module's own must says comes before our word for it.
  errorAppTag: mustTag ?? (appTag === "" ? undefined : appTag),
  rule,
});

function lineOf(finding: DataError): string {
  const { path, text, errorTag, errorAppTag, rule } = rowOf(finding);
  return printable(
    `${path}: ${text} [${errorAppTag === undefined ? errorTag : `${errorTag} / ${errorAppTag}`}; ${rule}]`,
  );
}
