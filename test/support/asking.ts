/** Requests of the gateway to a scripted node: what was asked, what became of it, and what the node answers to. */
import { isCoded, type Millis, millis, seconds } from "../../gateway/base/index.ts";
import type { Answer, Question, RequestPeer } from "../../gateway/coap/index.ts";
import type { Message } from "../../gateway/wire/coap/index.ts";
import { ack, type Line, NODE, type ScriptedNode, type Stage } from "./lockstep.ts";
import { settled } from "./virtual-clock.ts";

export const GET: Question = { method: "GET", path: ["s", "1"] };
export const PEER: RequestPeer = { remote: NODE };

/** What became of a request: its answer, or the code of its error. */
export interface Asked {
  state: "open" | Answer | string;
}

export interface HowAsked {
  readonly within?: Millis;
  readonly peer?: RequestPeer;
  readonly signal?: AbortSignal;
}

export function ask(
  { engine, clock }: Pick<Stage, "engine" | "clock">,
  question: Question = GET,
  { within = seconds(600), peer = PEER, signal }: HowAsked = {},
): Asked {
  const asked: Asked = { state: "open" };
  engine.request(peer, question, { deadline: millis(clock.now() + within), signal }).then(
    (answer) => {
      asked.state = answer;
    },
    (error: unknown) => {
      asked.state = isCoded(error) ? error.code : String(error);
    },
  );
  return asked;
}

export const payloadOf = ({ state }: Asked): string =>
  typeof state === "string" ? state : new TextDecoder().decode(state.payload);

export const stateOf = async (asked: Asked): Promise<Asked["state"]> => {
  await settled();
  return asked.state;
};

/** The node answers under the token, and in an ACK under the id, of the request it got. */
export const to = (request: Message) => ({
  mid: request.messageId,
  token: Buffer.from(request.token).toString("hex"),
});

/** The next datagram is this request. */
export const expectRequest = async (node: ScriptedNode, request: Line): Promise<Message> =>
  node.checks(await node.receives(), request);

/** The next datagram is this request, and gets this piggybacked answer. */
export async function answers(
  node: ScriptedNode,
  request: Line,
  code: Parameters<typeof ack>[0],
  fill: (answer: Line) => Line = (answer) => answer,
): Promise<Message> {
  const message = await expectRequest(node, request);
  const { mid, token } = to(message);
  await node.sends(fill(ack(code).mid(mid).token(token)));
  return message;
}
