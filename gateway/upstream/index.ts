export { type Address, AuthorAddresses, type Resolve } from "./addresses.ts";
export { coapSource } from "./coap.ts";
export {
  type Awaited,
  type AwaitedImages,
  authorUri,
  Fetcher,
  type FetcherOptions,
  type FetchState,
} from "./fetch.ts";
export { type HttpsOptions, httpsSource } from "./https.ts";
export type { Asked, OpenSource } from "./source.ts";
