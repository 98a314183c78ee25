/**
 * The compiled schema: plain data, so that it can be cached on disk by the digest of its sources (JSON) and shared by
 * several node roots. RFC 7950 for the statements, RFC 9595 for SIDs.
 */

/**
 * A SID as a JavaScript number; SIDs above 2^53-1 are refused when a .sid file is read. Below zero: the number by which
 * this process alone knows a node or identity that no .sid file covers. It keys trees like a SID, and never leaves the
 * process: on the wire and on disk such a node goes by its name.
 */
export type Sid = number;
export const isLocal = (sid: Sid): boolean => sid < 0;

export type NodeKind =
  | "container"
  | "list"
  | "leaf"
  | "leaf-list"
  | "anydata"
  | "anyxml"
  | "rpc"
  | "action"
  | "notification"
  | "input"
  | "output";

export type BuiltIn =
  | "int8"
  | "int16"
  | "int32"
  | "int64"
  | "uint8"
  | "uint16"
  | "uint32"
  | "uint64"
  | "decimal64"
  | "string"
  | "boolean"
  | "enumeration"
  | "bits"
  | "binary"
  | "leafref"
  | "identityref"
  | "empty"
  | "union"
  | "instance-identifier";

/** A range or length as closed intervals; decimal64 bounds are scaled by 10^fractionDigits. */
export type Intervals = ReadonlyArray<readonly [low: string, high: string]>;

/** What a module says to people and to programs where one of its restrictions does not hold (RFC 7950 §7.5.4). */
export interface Says {
  readonly message?: string | undefined;
  readonly appTag?: string | undefined;
}

export interface PatternRule extends Says {
  /** An XSD regular expression (RFC 7950 §9.4.5) as written. */
  readonly source: string;
  readonly invert: boolean;
}

/** A type after its typedef chain was followed and its restrictions were joined. */
export interface LeafType {
  readonly base: BuiltIn;
  /** The typedef that the leaf names, `module:name`, for tree prints. */
  readonly typedef?: string | undefined;
  readonly range?: Intervals | undefined;
  readonly length?: Intervals | undefined;
  /** Of the nearest `range` or `length` statement. */
  readonly boundsSay?: Says | undefined;
  /** All of them must match. */
  readonly patterns?: readonly PatternRule[] | undefined;
  readonly fractionDigits?: number | undefined;
  readonly enums?: ReadonlyArray<{ readonly name: string; readonly value: number }> | undefined;
  /** In order of position. */
  readonly bits?: ReadonlyArray<{ readonly name: string; readonly position: number }> | undefined;
  /** identityref: base identities, qualified `module:name`. */
  readonly identityBases?: readonly string[] | undefined;
  /** leafref: the path as written, and the type of the leaf it leads to. */
  readonly path?: string | undefined;
  readonly target?: LeafType | undefined;
  readonly requireInstance?: boolean | undefined;
  readonly members?: readonly LeafType[] | undefined;
}

export interface SchemaNode {
  readonly kind: NodeKind;
  readonly name: string;
  readonly module: string;
  /** Local when no .sid file covers it. Inputs and outputs have one, but data below an rpc is keyed relative to the rpc
   * (RFC 9254 §4.2.1). */
  readonly sid: Sid;
  readonly parent: SchemaNode | undefined;
  /** Data children in schema order; choice and case have no representation, their children stand here. */
  readonly children: readonly SchemaNode[];
  /** true = configuration. Meaningless below rpc, action and notification. */
  readonly config: boolean;
  readonly mandatory: boolean;
  /** The choice (and case) that this node stems from: `choice/case` names from the outside in. */
  readonly cases?: readonly CaseOf[] | undefined;
  readonly presence?: boolean | undefined;
  readonly keys?: readonly string[] | undefined;
  /** Each entry is a set of paths below the list entry, `a` or `a/b`; `module:a` for what another module has added. */
  readonly unique?: ReadonlyArray<readonly string[]> | undefined;
  readonly orderedByUser?: boolean | undefined;
  readonly minElements?: number | undefined;
  readonly maxElements?: number | undefined;
  readonly type?: LeafType | undefined;
  readonly units?: string | undefined;
  /** Default values as written (one for a leaf, any number for a leaf-list); identities as `module:name`. */
  readonly defaults?: readonly string[] | undefined;
  /** The context node is this node. */
  readonly must?: readonly Must[] | undefined;
  /** XPath expressions, prefixes replaced by module names. The context node is this node (RFC 7950 §7.21.5). */
  readonly when?: readonly string[] | undefined;
  /** Conditions of the choice, case, uses or augment that this node stems from: the context node is the data parent. */
  readonly parentWhen?: readonly string[] | undefined;
  /** This node is no data node but part of an sx:structure (RFC 8791) or rc:yang-data (RFC 8040 §8). */
  readonly structure?: boolean | undefined;
  /** RFC 7950 §7.21.2; undefined = current. */
  readonly status?: "deprecated" | "obsolete" | undefined;
  /** RFC 8341 §3.3: what is kept from users that no rule names (nacm:default-deny-write, default-deny-all). */
  readonly nacm?: "deny-write" | "deny-all" | undefined;
  readonly description?: string | undefined;
}

/** RFC 7950 §7.5.3. */
export interface Must extends Says {
  /** XPath, prefixes replaced by module names. */
  readonly expression: string;
}

export interface CaseOf {
  readonly choice: string;
  readonly case: string;
  /** One case of the choice must be there. */
  readonly mandatory: boolean;
  /** This case is the default of the choice: its default values count when no case is there. */
  readonly isDefault: boolean;
  /** How many of the node's `parentWhen`, the first ones, are conditions of the choice itself. */
  readonly conditions?: number | undefined;
}

export interface Identity {
  /** `module:name`. */
  readonly name: string;
  /** Local when no .sid file covers it. */
  readonly sid: Sid;
  /** Direct bases, qualified. */
  readonly bases: readonly string[];
}

export interface ModuleInfo {
  readonly name: string;
  readonly revision: string;
  readonly namespace: string;
  readonly sid: Sid | undefined;
  /** Only imported for its typedefs and groupings. */
  readonly importOnly: boolean;
  /** The features that are on; undefined stands for none. */
  readonly features?: readonly string[] | undefined;
  /** Numbers of those that are on and have one. */
  readonly featureSids?: readonly Sid[] | undefined;
  /** Names of the modules that deviate from it. */
  readonly deviations?: readonly string[] | undefined;
}

/** A set of modules with which one datastore root works. */
export interface Schema {
  readonly modules: readonly ModuleInfo[];
  /** Top-level data nodes, rpcs and notifications. */
  readonly roots: readonly SchemaNode[];
  readonly identities: ReadonlyMap<string, Identity>;
  /** Data node, rpc, action, notification, input or output by SID. */
  bySid(sid: Sid): SchemaNode | undefined;
  identityBySid(sid: Sid): Identity | undefined;
  /** RFC 9595 identifier, e.g. `/sidgate-building:room/temperature`; choice and case names left out. */
  byPath(path: string): SchemaNode | undefined;
  /** Is `identity` derived from `base` (RFC 7950 §9.10.2)? Both qualified. */
  derivedFrom(identity: string, base: string): boolean;
}
