export { type EnvelopeOffer, EnvelopeOffers, type EnvelopeOffersParts, type EnvelopeSource } from "./offers.ts";
