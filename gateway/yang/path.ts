/** Instance paths for people and for JSON (RFC 7951 §6.11): /sidgate-building:room/period[start='06:00']/set-point. */
import { formatId, parseId } from "./codec/instance-id.ts";
import { planOf } from "./codec/plan.ts";
import type { Schema } from "./schema.ts";
import type { InstanceId } from "./tree.ts";

export const formatInstanceId = (id: InstanceId, schema: Schema): string => formatId(id, planOf(schema));

/** Throws UsageError `yang.path` with the character at which the text goes wrong. */
export const parsePath = (text: string, schema: Schema): InstanceId => parseId(text, planOf(schema));
