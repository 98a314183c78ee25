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
  "cbor.key-order": {
    blame: "wire",
    text: "the keys of a map are not in the order of their bytes, at byte {offset}",
    hint: "What is signed has one encoding only: sort the keys (RFC 8949 §4.2.1).",
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
  "coap.truncated": {
    blame: "wire",
    text: "the CoAP message ends inside a field at byte {offset}",
    hint: "Send the whole message in one datagram.",
  },
  "coap.version": {
    blame: "wire",
    text: "CoAP version {version} is not version 1",
    hint: "Speak RFC 7252 on this port.",
  },
  "coap.token-length": {
    blame: "wire",
    text: "a token length of {length} is reserved",
    hint: "Use tokens of 0 to 8 bytes (RFC 7252 §3).",
  },
  "coap.empty-message": {
    blame: "wire",
    text: "an empty CoAP message has {length} bytes instead of 4",
    hint: "Code 0.00 goes without token, options and payload (RFC 7252 §4.1).",
  },
  "coap.empty-payload": {
    blame: "wire",
    text: "nothing follows the payload marker at byte {offset}",
    hint: "Leave the marker out when there is no payload (RFC 7252 §3).",
  },
  "coap.option-header": {
    blame: "wire",
    text: "the option header at byte {offset} uses the reserved value 15",
    hint: "Write option deltas and lengths as RFC 7252 §3.1 says.",
  },
  "coap.option-number": {
    blame: "wire",
    text: "option number {number} is above 65535",
    hint: "Check the option deltas (RFC 7252 §3.1).",
  },
  "coap.utf8": {
    blame: "wire",
    text: "a path or query segment is not UTF-8",
    hint: "Encode Uri-Path and Uri-Query as RFC 7252 §5.10.1 says.",
  },
  "block-option.length": {
    blame: "wire",
    text: "a block option of {length} bytes is longer than 3",
    hint: "Write NUM, M and SZX in 0 to 3 bytes (RFC 7959 §2.2).",
  },
  "block-option.szx": {
    blame: "wire",
    text: "block size exponent 7 is reserved over UDP",
    hint: "Use blocks of 16 to 1024 bytes (RFC 7959 §2.2).",
  },
  "request.timeout": {
    blame: "wire",
    text: "{peer} did not answer: {what}",
    hint: "Ask while the node is awake, or give it more time.",
  },
  "request.reset": {
    blame: "wire",
    text: "{peer} reset the request",
    hint: "It does not know what to do with the message: check that it is the node, and that it serves CoAP there.",
  },
  "request.answer": {
    blame: "wire",
    text: "the answer cannot be used: {what}",
    hint: "Compare the peer's answer with RFC 7252 §5.4 and RFC 7959 §2.",
  },
  "request.changed": {
    blame: "wire",
    text: "what {peer} answers in blocks changed before its last block",
    hint: "Ask again; a resource that changes this often should be smaller.",
  },
  "request.too-large": {
    blame: "wire",
    text: "{peer} answers with {size} bytes, more than the {limit} that are taken",
    hint: "Ask for a part of the resource.",
  },
  "request.unprotected-answer": {
    blame: "wire",
    text: "{peer} answered a protected request with an unprotected {code}",
    hint: "Compare the credentials of both ends: it could not open the request, or somebody else answers in its name.",
  },
  "request.aborted": {
    blame: "usage",
    text: "the request to {peer} was given up: {what}",
    hint: "Nothing is wrong; whoever asked does not want the answer any more.",
  },
  "request.queue-full": {
    blame: "usage",
    text: "too much waits for {peer} already",
    hint: "Ask again when it has answered; the gateway sends one message at a time to a node.",
  },
  "request.address": {
    blame: "usage",
    text: "{address} port {port} is no place to send a request to",
    hint: "Name an IPv4 or IPv6 address in numbers and a port from 1 to 65535.",
  },
  "request.no-transport": {
    blame: "usage",
    text: "there is no CoAP address number {index}, there are {transports}",
    hint: "Name one of the addresses in coap.listen by its place, from 0.",
  },
  "request.no-context": {
    blame: "usage",
    text: "the request to {peer} cannot be protected",
    hint: "Check the node's credential; after a restart of the gateway its number range may not be reserved yet.",
  },
  "link.malformed": {
    blame: "wire",
    text: "not a link-format document at character {offset}",
    hint: "Write links as RFC 6690 §2 says.",
  },
  "dns.truncated": {
    blame: "wire",
    text: "the DNS message ends inside a field at byte {offset}",
    hint: "Send the whole message in one datagram.",
  },
  "dns.malformed": {
    blame: "wire",
    text: "not a message of multicast DNS at byte {offset}: {what}",
    hint: "Compare it with RFC 1035 §4.1 and RFC 6762 §18.",
  },
  "dns.label": {
    blame: "usage",
    text: "'{label}' is no label of a domain name",
    hint: "Use 1 to 63 bytes of UTF-8.",
  },
  "sparkplug.payload": {
    blame: "wire",
    text: "not a Sparkplug B payload: {what} at byte {offset}",
    hint: "Send a payload of sparkplug_b.proto (Sparkplug 3.0.0 §6.4.1).",
  },
  "sparkplug.state": {
    blame: "wire",
    text: "not the state of a Sparkplug host",
    hint: "A host says in JSON whether it is online, and since when, on spBv1.0/STATE/HOST (Sparkplug 3.0.0 §4.2.3).",
  },
} as const;
