/** What one request of a manager's may ask for, whoever sends it; docs/coreconf.md, "Limits", says the same numbers. */
export const MOST = {
  /** Bytes of a request's body, all blocks together. */
  bodyBytes: 262_144,
  /** In one FETCH: each may stand for a whole datastore. */
  identifiers: 256,
  /** In one iPATCH: each is merged with all that waits for the node. */
  edits: 256,
  /** In one POST. */
  calls: 32,
  /** Bytes of an answer, all blocks together. */
  answerBytes: 4_194_304,
} as const;
