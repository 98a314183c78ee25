/**
 * Lingering close (RFC 9112 §9.6): a request that is answered before its end keeps its connection while the rest comes
 * in and is thrown away. Closed at once, the sender's next write would fail and take the answer with it.
 */
import type { FastifyReply, FastifyRequest } from "fastify";
import { type Millis, UsageError } from "../../base/index.ts";

/**
 * The bytes of a request. Whoever stops reading them early does not break the connection by that. Throws UsageError
 * `admin.cut-off` when the sender goes away: node:http ends no body that is not whole.
 */
export async function* bodyOf({ raw }: FastifyRequest): AsyncGenerator<Uint8Array> {
  try {
    yield* raw.iterator({ destroyOnReturn: false });
  } catch (cause) {
    throw new UsageError("admin.cut-off", {}, { cause });
  }
}

/** An onSend hook: the answer goes out now, what is still coming has `time` to come. */
export const linger =
  (time: Millis) =>
  async ({ raw }: FastifyRequest, reply: FastifyReply): Promise<void> => {
    if (raw.complete || raw.destroyed) return;
    void reply.header("connection", "keep-alive"); // or node:http closes it after the answer
    const { socket } = raw;
    const late = setTimeout(() => raw.destroy(), time).unref(); // a closing gateway does not wait for it
    const done = (): void => clearTimeout(late);
    raw.once("end", done).once("error", done);
    socket.once("close", done);
    raw.resume();
  };
