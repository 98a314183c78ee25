/** Fetching from authors. The protocols stand in coap.ts and https.ts, to be loaded when they are needed. */
export { type Address, AuthorAddresses, type Resolve } from "./addresses.ts";
export {
  type Awaited,
  type AwaitedImages,
  authorUri,
  Fetcher,
  type FetcherOptions,
  type FetchState,
} from "./fetch.ts";
export type { Asked, OpenSource } from "./source.ts";
