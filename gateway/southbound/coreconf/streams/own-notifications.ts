/** A node without the check-in says what has happened: POST of notifications (content format 142) to its own `/s`. */
import type { NodeId } from "../../../base/index.ts";
import type { Request, Response } from "../../../coap/index.ts";
import { acceptNotifications } from "../../../service/events/index.ts";
import type { Recorder } from "../../../store/index.ts";
import { CONTENT_FORMAT } from "../../../wire/coap/index.ts";
import type { Schema } from "../../../yang/index.ts";
import { noQuery } from "../datastore/read-query.ts";
import { expectFormat, wrongMethod } from "../datastore/refusals.ts";

/** Answers when it is durable. Throws WireError `cbor.*`, `yang.*` and UsageError `notification.*`. */
export async function takeNotifications(
  request: Request,
  { id, schema }: { readonly id: NodeId; readonly schema: Schema },
  recorder: Recorder,
): Promise<Response> {
  if (request.method !== "POST") throw wrongMethod(request);
  noQuery(request);
  expectFormat(request, CONTENT_FORMAT.yangInstances);
  const notifications = acceptNotifications(request.payload, schema);
  if (notifications.length > 0) await recorder.record("node.notified", { node: id, notifications });
  return { code: "2.04" };
}
