/** rpcs and actions of a node's modules (draft-ietf-core-comi-21 §3.5), passed on to the node that does them. */
import { isCoded, seconds, UsageError } from "../../base/index.ts";
import { CONTENT_FORMAT } from "../../wire/coap/index.ts";
import {
  decodeInstances,
  encodeInstances,
  formatInstanceId,
  isTree,
  type LeafValue,
  type Schema,
  type SchemaNode,
  type Tree,
} from "../../yang/index.ts";
import { reasonOf, refusalIn } from "./refusal.ts";
import { ask, type NodeServer, type NodeServices } from "./server.ts";

export interface NodeCall {
  readonly input: Tree;
  readonly keys: readonly LeafValue[];
}

/** Less than what a manager's client waits for its answer (RFC 7252 §4.8.2, MAX_TRANSMIT_WAIT). */
const PATIENCE = seconds(60);

/** The output. Throws UsageError `node.unreachable` and `operation.refused`. */
export async function callNode(
  server: NodeServer,
  { sid }: Pick<SchemaNode, "sid">,
  { input, keys }: NodeCall,
  schema: Schema,
  services: NodeServices,
): Promise<Tree | undefined> {
  const { path, query } = server.served;
  const id = { sid, keys };
  const contentFormat = CONTENT_FORMAT.yangInstances;
  const payload = encodeInstances([{ id, value: input }], schema, "any");
  const question = { method: "POST", path, query, contentFormat, accept: contentFormat, payload } as const;
  const answer = await ask(server, question, services, PATIENCE).catch((cause: unknown) => {
    if (!isCoded(cause)) throw cause;
    throw new UsageError("node.unreachable", { node: server.id, what: cause.message }, { cause });
  });
  const place = formatInstanceId(id, schema);
  if (!answer.code.startsWith("2.")) {
    const said = refusalIn(answer.payload, schema);
    const { tag = "operation-failed", appTag = "" } = said;
    const what = said.message ?? reasonOf(said, answer.code);
    const facts = { path: place, code: answer.code, what, tag, appTag };
    throw new UsageError("operation.refused", facts);
  }
  return outputIn(answer.payload, place, schema);
}

/** A node that has nothing to say may send nothing. */
function outputIn(payload: Uint8Array, path: string, schema: Schema): Tree | undefined {
  try {
    const [output] = decodeInstances(payload, schema, "output", "any");
    return isTree(output?.value) ? output.value : undefined;
  } catch (cause) {
    if (!isCoded(cause)) throw cause;
    throw new UsageError("operation.refused", { path, code: "5.00", what: cause.message }, { cause });
  }
}
