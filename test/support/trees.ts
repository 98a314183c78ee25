/** Trees and identifiers for tests, short to write. */
import type { Instance, InstanceId, LeafValue, MutableTree, Value } from "../../gateway/yang/tree.ts";

export const tree = (...pairs: ReadonlyArray<readonly [sid: number, value: Value]>): MutableTree => new Map(pairs);
export const at = (sid: number, ...keys: readonly LeafValue[]): InstanceId => ({ sid, keys });
export const set = (id: InstanceId, value: Value): Instance => ({ id, value });
export const remove = (id: InstanceId): Instance => ({ id, value: undefined });
