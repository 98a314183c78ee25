/** Errors of nodes that serve their own datastore. */
export const SERVED_ERRORS = {
  "node.unreachable": {
    blame: "usage",
    text: "{node} cannot be asked now: {what}",
    hint: "Ask again when it listens; 'sidgate node show {node}' tells when it was heard and when it should wake.",
  },
  "node.answer": {
    blame: "wire",
    text: "{node} answered {code} where {what} was asked for",
    hint: "Compare what the node registered, and serves there, with docs/coreconf.md.",
  },
  "operation.refused": {
    blame: "usage",
    text: "the node refused {path} with {code}: {what}",
    hint: "What is wrong with the call is the node's to say; its code and tags are passed on as they came.",
  },
} as const;
