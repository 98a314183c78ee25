export { DIRECTORY_LINKS, type DirectoryOptions, directoryHandler, LOOKUP_TOPIC } from "./handler.ts";
export type { FetchedLinks, FetchLinks } from "./simple.ts";
