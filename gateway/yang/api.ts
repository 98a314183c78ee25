/**
 * What the gateway asks of the yang stratum. The implementation is spread over this folder; `index.ts` re-exports it.
 * All codec functions throw WireError (malformed CBOR) or WireError `yang.*` with an error-tag fact (does not fit the
 * schema); none of them changes its input.
 *
 * errors:   every `yang.*` wire code has the facts `tag` (error-tag name), `appTag` (or ""), `path` (RFC 7951 style
 *           instance path for people) and, as a property `at` on the error, the InstanceId of the guilty node.
 *
 * models.ts      loadModels(options): Promise<Schema>               folders → schema, cached by digest
 *                openModels(sources, options): Promise<Schema>      the same for files that were read already
 * schema-source.ts   SchemaSource.of(set): Schema                   the schema of a module set
 * codec/         each takes a form, "sid" when not told: SIDs, "name"s, or "any" (CF 140, 341, 340; RFC 9254 §9.2)
 *                decodeTree(bytes, schema, form): Tree              root map, absolute SIDs (reference 0)
 *                encodeTree(tree, schema, form): Uint8Array         canonical (RFC 8949 §4.2.1)
 *                decodeData(bytes, schema, node, form): Tree        one container/anydata/input map at schema node
 *                encodeData(tree, schema, node, form): Uint8Array
 *                decodeAlone(bytes, schema, form), encodeAlone      {SID: contents}: a structure, a notification
 *                decodeInstances(bytes, schema, "input" | "output", form): Instance[]  CF 142, datastore and rpc forms
 *                encodeInstances(instances, schema, form): Uint8Array
 *                decodeIdentifiers(bytes, schema, form): InstanceId[]   CF 141; unknown SIDs pass
 *                encodeIdentifiers(ids, schema, form): Uint8Array, encodeIdentifier(id, schema, form)
 * one-rpc.ts     decodeInputOf(bytes, schema, rpc): Tree            one call of one rpc, validated: the check-in lane
 *                encodeOutputOf(tree, schema, rpc): Uint8Array
 * json.ts        toJson(tree, schema, scope?): JsonObject           RFC 7951, module-qualified at top; with a scope the
 *                fromJson(json, schema, scope?): Tree               contents of that node: {"module:input": {…}}
 *                valueToJson(value, sid, schema), valueFromJson(json, sid, schema)     one node, without its name
 * datastore/     select(tree, id, schema, query): Value | undefined FETCH of one instance; content c/n/a, defaults a/t
 *                readTree(tree, schema, query): Tree                GET of all
 *                edit(tree, instances, schema): Tree                atomic iPATCH; checks keys and config, removes what
 *                                                                   it makes meaningless (`when`)
 *                merge(tree, fragment, schema): Tree                node report: deep merge of a fragment
 *                diff(before, after, schema): Instance[]            the edits that lead from one configuration to another
 *                replacement(tree, wanted, schema): Instance[]      PUT and DELETE of a whole datastore as edits
 *                touched(before, after, schema, on): void           every node that an edit created, changed or deleted
 *                changesBetween(before, after, schema): Change[]    create, replace, delete of each instance, state too
 *                withChanges(tree, changes, schema): Tree           the reverse
 *                subtreeAt(tree, nodePath): Tree                    what a path names, with the keys on its way
 *                salvageTree(bytes, schema): Salvaged               stored data, as far as it fits a changed schema
 *                encodeKept(kept, schema), readKept(bytes, schema), laidOver(…)     the same with what did not fit
 * validate/      validate(tree, schema, scope?, around?): void      throws on the first finding; scope = the node whose
 *                                                                   contents the tree is, none = a datastore
 *                findings(tree, schema, {scope, datastore, keys, complete, types, limit}): DataError[]      all of them
 *                validateEdit(before, after, instances, schema), editFindings(…)   what an edit is guilty of, at the
 *                                                                   cost of the edit
 * path.ts        formatInstanceId(id, schema): string               /sidgate-building:room/period[start='06:00']
 *                formatResourceId(id, schema): string               /sidgate-building:room/period=06%3A00 (RFC 8040)
 *                parsePath(text, schema): InstanceId
 *                parseNodePath(text, schema): NodePath              with lists that stand for all of their entries
 * diagnostic.ts  annotate(bytes, schema, content format): {text, broken}    CBOR diagnostic notation, paths as comments
 */
export interface ReadQuery {
  /** c = config only, n = non-config only, a = all (draft-ietf-core-comi-21 §3.1.1). */
  readonly content: "c" | "n" | "a";
  /** a = report all defaults, t = trim (§3.1.2). */
  readonly defaults: "a" | "t";
}
export const READ_ALL: ReadQuery = { content: "a", defaults: "t" };

export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [member: string]: Json;
}
