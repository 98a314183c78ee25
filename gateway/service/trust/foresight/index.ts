/** Whether a node will carry a release out, said before any radio time is spent on it. */
export { type Foreseen, foresee, steadyAround, turningPoints } from "./foresee.ts";
export { Foresight, type ForesightOptions } from "./foresight.ts";
export { type HoldsOffers, OfferHolds, type OfferHoldsOptions } from "./holds.ts";
export { type Surroundings, viewOf } from "./view.ts";
