/** Errors of the codecs: the peer's bytes are wrong. */
export const WIRE_ERRORS = {
  "cbor.truncated": {
    blame: "wire",
    text: "the CBOR data ends inside an item at byte {offset}",
    hint: "Send the whole item; a datagram cut on its way looks like this.",
  },
  "cbor.trailing": {
    blame: "wire",
    text: "bytes are left after the CBOR item, from byte {offset}",
    hint: "This format takes exactly one item.",
  },
  "cbor.malformed": {
    blame: "wire",
    text: "not well-formed CBOR at byte {offset}: {what}",
    hint: "Check the encoder against RFC 8949, appendix C.",
  },
  "cbor.too-deep": {
    blame: "wire",
    text: "CBOR items are nested deeper than {limit} at byte {offset}",
    hint: "Flatten the data; no YANG tree of ours is that deep.",
  },
  "cbor.too-long": {
    blame: "wire",
    text: "a CBOR length of {length} at byte {offset} exceeds the limit of {limit}",
    hint: "Split the request.",
  },
  "cbor.utf8": {
    blame: "wire",
    text: "a text string at byte {offset} is not UTF-8",
    hint: "Use a byte string for binary data.",
  },
  "cbor.duplicate-key": {
    blame: "wire",
    text: "a map has the same key twice at byte {offset}",
    hint: "Send each data node once.",
  },
  "cbor.tag": {
    blame: "wire",
    text: "CBOR tag {tag} at byte {offset} has no place here",
    hint: "YANG-CBOR uses the tags 4 and 43 to 47 only (RFC 9254 §9.1).",
  },
  "cbor.type": {
    blame: "wire",
    text: "a CBOR {found} stands at byte {offset} where {expected} belongs",
    hint: "Compare the message with the layout that its format asks for.",
  },
  "cbor.bug": {
    blame: "bug",
    text: "the CBOR writer was given {what}",
    hint: "Please report this with the log lines around it.",
  },
} as const;
