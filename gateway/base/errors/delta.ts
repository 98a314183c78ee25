/** Errors of patches between images, and of chained block digests. */
export const DELTA_ERRORS = {
  "delta.kind": {
    blame: "wire",
    text: "the patch has type {type} with compression {compression}, which is not known",
    hint: "Make it as a sequential patch (0) with heatshrink compression (4), as detools calls them.",
  },
  "delta.malformed": {
    blame: "wire",
    text: "the patch is malformed at byte {offset} of what is in it: {what}",
    hint: "Compare it with the sequential patch of detools.",
  },
  "delta.truncated": {
    blame: "wire",
    text: "the patch ends after {written} of {size} bytes of the image",
    hint: "Fetch it again, to its last block.",
  },
  "delta.trailing": {
    blame: "wire",
    text: "the patch goes on after the last byte of the image",
    hint: "Cut it at the length that was offered.",
  },
  "delta.size": {
    blame: "wire",
    text: "the patch is for an image of {size} bytes, expected are {expected}",
    hint: "Fetch the patch that was offered for this image.",
  },
  "delta.options": {
    blame: "usage",
    text: "heatshrink cannot have a window of 2^{window} and a lookahead of 2^{lookahead} bytes here",
    hint: "Choose a window of 8 to 12 bits and a lookahead of at least 3 and less than the window.",
  },
  "delta.too-costly": {
    blame: "store",
    text: "the form of an image was not made within {seconds} seconds",
    hint: "The image travels as it is. A slower machine may need images.delta to be off.",
  },
  "delta.too-many": {
    blame: "store",
    text: "{limit} forms of images wait to be made already",
    hint: "The image travels as it is, or in a later wake.",
  },
  "delta.failed": {
    blame: "bug",
    text: "the form of an image could not be made: {reason}",
    hint: "The image travels as it is. Please report this with the log lines around it.",
  },
  "delta.not-the-image": {
    blame: "bug",
    text: "the {kind} does not give the image when it is applied",
    hint: "It is not offered. Please report this with both images.",
  },
  "chain.broken": {
    blame: "wire",
    text: "the group of blocks at byte {offset} is not the one that its chain of digests names",
    hint: "Somebody changed it on the way, or the node went on with the blocks of another offer. Fetch it from the beginning.",
  },
  "chain.length": {
    blame: "wire",
    text: "{length} bytes cannot be a body with chained digests, or not the one that was offered",
    hint: "All groups but the last have 1056 bytes, the last 1 to 1024; the chain has 32.",
  },
  "chain.empty": {
    blame: "usage",
    text: "an empty body has no chain of digests",
    hint: "Send it without one.",
  },
} as const;
