export { Publisher, type PublisherParts } from "./publisher.ts";
export { Pushes, type PushesOptions } from "./pushes.ts";
export { type OnChange, type Periodic, type Subscription, Targets } from "./subscription.ts";
