/**
 * RFC 7950 §14 — the statements of YANG: what each takes as argument and which substatements may stand in it, how often.
 * Where YANG 1 (RFC 6020 §12) differs, the row says so: `+` marks what came with YANG 1.1.
 */

/** What an argument must look like; arguments.ts holds the rules. */
export type ArgumentKind =
  | "none"
  | "text"
  | "identifier"
  | "reference"
  | "date"
  | "boolean"
  | "version"
  | "integer"
  | "count"
  | "limit"
  | "status"
  | "order"
  | "deviate"
  | "modifier"
  | "digits"
  | "features"
  | "names"
  | "absolute"
  | "descendant"
  | "condition"
  | "path";

/** `1` exactly once, `?` at most once, `*` any number. */
export type Cardinality = "1" | "?" | "*";

export interface Allowed {
  readonly cardinality: Cardinality;
  /** What YANG 1 allows when that is less; undefined = nothing. */
  readonly old: Cardinality | undefined;
}

export interface StatementRule {
  readonly argument: ArgumentKind;
  readonly allowed: ReadonlyMap<string, Allowed>;
}

const TEXTS = "description? reference?";
const META = `status? ${TEXTS}`;
const DATA = "container* leaf* leaf-list* list* choice* anydata*+ anyxml* uses*";
const DEFINITIONS = "typedef* grouping*";
const INSIDE = "action*+ notification*+";
const CONDITIONS = "when? if-feature*";
const FAILURE = `error-message? error-app-tag? ${TEXTS}`;
const BODY = `extension* feature* identity* ${DEFINITIONS} ${DATA} augment* rpc* notification* deviation*`;
const HEADER = `yang-version? import* include* organization? contact? ${TEXTS} revision* ${BODY}`;

/**
 * keyword → argument kind and substatements. A cardinality stands behind the keyword; `+` behind it: not in YANG 1;
 * `+?` behind it: at most once in YANG 1.
 */
const ROWS: Readonly<Record<string, readonly [argument: ArgumentKind, substatements: string]>> = {
  module: ["identifier", `namespace1 prefix1 ${HEADER}`],
  submodule: ["identifier", `belongs-to1 ${HEADER}`],
  "yang-version": ["version", ""],
  namespace: ["text", ""],
  prefix: ["identifier", ""],
  import: ["identifier", "prefix1 revision-date? description?+ reference?+"],
  include: ["identifier", "revision-date? description?+ reference?+"],
  "revision-date": ["date", ""],
  organization: ["text", ""],
  contact: ["text", ""],
  description: ["text", ""],
  reference: ["text", ""],
  revision: ["date", TEXTS],
  "belongs-to": ["identifier", "prefix1"],
  extension: ["identifier", `argument? ${META}`],
  argument: ["identifier", "yin-element?"],
  "yin-element": ["boolean", ""],
  feature: ["identifier", `if-feature* ${META}`],
  "if-feature": ["features", ""],
  identity: ["identifier", `if-feature*+ base*+? ${META}`],
  base: ["reference", ""],
  typedef: ["identifier", `type1 units? default? ${META}`],
  type: ["reference", "fraction-digits? range? length? pattern* enum* bit* path? base*+? require-instance? type*"],
  "fraction-digits": ["digits", ""],
  range: ["text", FAILURE],
  length: ["text", FAILURE],
  pattern: ["text", `modifier?+ ${FAILURE}`],
  modifier: ["modifier", ""],
  enum: ["text", `if-feature*+ value? ${META}`],
  value: ["integer", ""],
  bit: ["identifier", `if-feature*+ position? ${META}`],
  position: ["count", ""],
  path: ["path", ""],
  "require-instance": ["boolean", ""],
  units: ["text", ""],
  default: ["text", ""],
  status: ["status", ""],
  config: ["boolean", ""],
  mandatory: ["boolean", ""],
  presence: ["text", ""],
  "ordered-by": ["order", ""],
  "min-elements": ["count", ""],
  "max-elements": ["limit", ""],
  must: ["condition", FAILURE],
  "error-message": ["text", ""],
  "error-app-tag": ["text", ""],
  when: ["condition", TEXTS],
  key: ["names", ""],
  unique: ["names", ""],
  grouping: ["identifier", `${META} ${DEFINITIONS} ${DATA} ${INSIDE}`],
  container: ["identifier", `${CONDITIONS} must* presence? config? ${META} ${DEFINITIONS} ${DATA} ${INSIDE}`],
  leaf: ["identifier", `${CONDITIONS} type1 units? must* default? config? mandatory? ${META}`],
  "leaf-list": [
    "identifier",
    `${CONDITIONS} type1 units? must* default*+ config? min-elements? max-elements? ordered-by? ${META}`,
  ],
  list: [
    "identifier",
    `${CONDITIONS} must* key? unique* config? min-elements? max-elements? ordered-by? ${META} ${DEFINITIONS} ${DATA} ${INSIDE}`,
  ],
  choice: [
    "identifier",
    `${CONDITIONS} default? config? mandatory? ${META} case* container* leaf* leaf-list* list* choice*+ anydata*+ anyxml*`,
  ],
  case: ["identifier", `${CONDITIONS} ${META} ${DATA}`],
  anydata: ["identifier", `${CONDITIONS} must* config? mandatory? ${META}`],
  anyxml: ["identifier", `${CONDITIONS} must* config? mandatory? ${META}`],
  uses: ["reference", `${CONDITIONS} ${META} refine* augment*`],
  refine: [
    "descendant",
    `if-feature*+ must* presence? default*+? config? mandatory? min-elements? max-elements? ${TEXTS}`,
  ],
  augment: ["text", `${CONDITIONS} ${META} case* ${DATA} ${INSIDE}`],
  rpc: ["identifier", `if-feature* ${META} ${DEFINITIONS} input? output?`],
  action: ["identifier", `if-feature* ${META} ${DEFINITIONS} input? output?`],
  input: ["none", `must*+ ${DEFINITIONS} ${DATA}`],
  output: ["none", `must*+ ${DEFINITIONS} ${DATA}`],
  notification: ["identifier", `if-feature* must*+ ${META} ${DEFINITIONS} ${DATA}`],
  deviation: ["absolute", `${TEXTS} deviate*`],
  deviate: ["deviate", "type? units? must* unique* default* config? mandatory? min-elements? max-elements?"],
};

/**
 * RFC 8791 §2, RFC 8040 §8 — extension statements that hold data definitions, by the module that defines them.
 */
const EXTENSION_ROWS: Readonly<Record<string, readonly [argument: ArgumentKind, substatements: string]>> = {
  "ietf-yang-structure-ext:structure": ["identifier", `must* ${META} ${DEFINITIONS} ${DATA}`],
  "ietf-yang-structure-ext:augment-structure": ["absolute", `${META} case* ${DATA}`],
  "ietf-restconf:yang-data": ["text", DATA],
};

const ENTRY = /([a-z-]+)([1?*])(\+\??)?/g;

function rule([argument, substatements]: readonly [ArgumentKind, string]): StatementRule {
  const allowed = new Map<string, Allowed>();
  for (const [, keyword = "", mark, change] of substatements.matchAll(ENTRY)) {
    const cardinality: Cardinality = mark === "1" || mark === "?" ? mark : "*";
    const before = change === "+?" ? "?" : undefined;
    allowed.set(keyword, { cardinality, old: change === undefined ? cardinality : before });
  }
  return { argument, allowed };
}

const rules = (rows: Readonly<Record<string, readonly [ArgumentKind, string]>>): ReadonlyMap<string, StatementRule> =>
  new Map(Object.entries(rows).map(([keyword, row]) => [keyword, rule(row)]));

/** By keyword. */
export const GRAMMAR = rules(ROWS);
/** By `module:keyword`. */
export const EXTENSION_GRAMMAR = rules(EXTENSION_ROWS);

/** May this substatement stand in a statement of that kind, in YANG 1.1? */
export const isAllowedIn = (kind: string, keyword: string): boolean => GRAMMAR.get(kind)?.allowed.has(keyword) ?? false;

/** RFC 7950 §5.1 and §14: the sections of a module, in this order. */
export const SECTIONS: ReadonlyMap<string, number> = new Map(
  [
    ["yang-version", "namespace", "prefix", "belongs-to"],
    ["import", "include"],
    ["organization", "contact", "description", "reference"],
    ["revision"],
  ].flatMap((keywords, section) => keywords.map((keyword): [string, number] => [keyword, section])),
);
/** Everything that is in no other section. */
export const BODY_SECTION = 4;
