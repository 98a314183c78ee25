/** What managers can call on the gateway's own root: commands of the inbox, as the CLI gives them. */
import { randomUUID } from "node:crypto";
import { UsageError } from "../../../base/index.ts";
import type { Command, Inbox } from "../../../store/index.ts";
import type { Call, Operation } from "./operation.ts";

const COMMANDS: ReadonlyArray<{
  readonly path: string;
  readonly op: string;
  readonly args: (call: Call) => Command["args"];
}> = [
  {
    path: "/sidgate-gateway:gateway/node/remove",
    op: "node.remove",
    args: ({ keys }) => ({ node: String(keys[0]) }),
  },
];

/** The engine answers a repeated message from its memory, so each call is a command of its own. */
export const gatewayOperations = (inbox: Inbox): readonly Operation[] =>
  COMMANDS.map(({ path, op, args }) => ({
    path,
    run: async (call) => {
      const outcome = await inbox.submit({ id: `coap-${randomUUID()}`, op, args: args(call), actor: call.actor });
      if (outcome.status === "failed") throw new UsageError("operation.failed", { path, what: outcome.error.text });
      return undefined;
    },
  }));
