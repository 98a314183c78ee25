/**
 * A schema prepared for its codecs: data nodes by SID with compiled types, children in SID order, and the keys that an
 * instance-identifier needs.
 */
import type { CborWriter } from "../../wire/cbor/index.ts";
import type { NodeKind, Schema, SchemaNode, Sid } from "../schema.ts";
import type { LeafValue } from "../tree.ts";
import type { Form } from "./form.ts";
import type { LeafCodec } from "./leaf.ts";

/** One addressable schema node. */
export interface PlanNode {
  readonly schema: SchemaNode;
  readonly sid: Sid;
  readonly kind: NodeKind;
  /** The SID from which the keys of its children count: its own, or that of the rpc around it (RFC 9254 §4.2.1). */
  readonly reference: Sid;
  /** The root stands above the top-level nodes and has no parent. */
  readonly parent: PlanNode | undefined;
  /** In ascending order of SIDs, the canonical order on the wire. */
  readonly children: readonly PlanNode[];
  /** Contents are any data nodes of the schema: the root and anydata. */
  readonly open: boolean;
  /** May stand in open contents: a node of the datastore, or a notification as a whole. */
  readonly free: boolean;
  /** Of bodies with SIDs; JSON and text are the same in every form. */
  readonly leaf: LeafCodec | undefined;
  /** The same in each form: for most types one codec for all. */
  readonly leaves: { readonly [form in Form]: LeafCodec } | undefined;
  /** Key leaves of a list, in the order of its `key` statement. */
  readonly keys: readonly PlanNode[];
  /** From the top-level node down to this one. */
  readonly line: readonly PlanNode[];
  /** The lists from the outermost to this node itself. */
  readonly lists: readonly PlanNode[];
  /** Key leaves of all these lists: what an instance-identifier carries. */
  readonly idKeys: readonly PlanNode[];
  /** Children by JSON member name: simple inside the module, qualified always (RFC 7951 §4). */
  readonly members: ReadonlyMap<string, PlanNode>;
  /** Of an rpc or action. */
  readonly input: PlanNode | undefined;
  readonly output: PlanNode | undefined;
  /** The default value of a leaf or leaf-list. */
  readonly fallback: LeafValue | readonly LeafValue[] | undefined;
  /** Something here or below may be missing, doubled or dangling: validation must look. */
  readonly constrained: boolean;
  /** Some of its children are cases of a choice. */
  readonly choosing: boolean;
}

export interface Plan {
  readonly schema: Schema;
  /** Plans of one schema differ in this alone and share all the rest. */
  readonly form: Form;
  readonly nodes: ReadonlyMap<Sid, PlanNode>;
  readonly root: PlanNode;
  /** For a whole encoding at a time: these never nest, and a check-in makes three. */
  readonly writer: CborWriter;
}

/** How the bodies of the plan write the leaf or leaf-list. */
export const leafIn = (node: PlanNode, { form }: Plan): LeafCodec => (form === "sid" ? node.leaf! : node.leaves![form]);
