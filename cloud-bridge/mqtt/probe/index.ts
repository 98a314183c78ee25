/** A look at a broker, beside the bridge that is connected to it. */
import { openPlainLine } from "../link/client.ts";
import { type BrokerFacts, type ProbeRequest, probeBroker } from "./probe.ts";

export type { BrokerLimits } from "../link/plain-line.ts";
export type { Patience } from "./patience.ts";
export type { BrokerFacts } from "./probe.ts";
export type { TlsFacts } from "./reach.ts";
export { LARGE, type TopicFacts, WILL_DELAY_S } from "./session.ts";
export type { ViewFacts } from "./views.ts";

/** Never throws for what is wrong with the broker: that is what is to be told. */
export const lookAtBroker = (request: Omit<ProbeRequest, "open">): Promise<BrokerFacts> =>
  probeBroker({ ...request, open: openPlainLine });
