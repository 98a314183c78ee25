/** The resource directory as a face. */
export { type LinkFetcherOptions, linkFetcher } from "./fetch.ts";
export { DIRECTORY_LINKS, type DirectoryOptions, directoryHandler } from "./handler.ts";
export { LOOKUP_TOPIC } from "./lookups.ts";
export type { FetchedLinks, FetchLinks } from "./simple.ts";
