/** A URI as people and logs see it. */

/** Without what may be a secret: a user before the host, and whatever stands in the query. Any text is taken. */
export const shownUri = (uri: string): string => uri.replace(/^([^/?#]*\/\/)[^/?#]*@/, "$1…@").replace(/\?.+$/s, "?…");
