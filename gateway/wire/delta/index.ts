/** Shorter forms of an image: patches as detools makes them, and chained block digests. */
export { CHAIN_GROUP, type Chained, ChainReader, chainBlocks } from "./chain.ts";
