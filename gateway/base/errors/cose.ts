/** Errors of signed, MACed and encrypted messages, and of the keys for them. No fact ever holds key material. */
export const COSE_ERRORS = {
  "cose.malformed": {
    blame: "wire",
    text: "the COSE data is malformed: {what}",
    hint: "Compare it with RFC 9052, §2 to §7; gateways that re-encode on the way cause this too.",
  },
  "cose.algorithm": {
    blame: "trust",
    text: "the algorithm {algorithm} is not accepted: {reason}",
    hint: "The COSE algorithms that Sidgate speaks stand in one table, gateway/wire/cose/algorithms.ts.",
  },
  "cose.critical": {
    blame: "trust",
    text: "the message demands that header {label} is understood, and it is not",
    hint: "Whoever made the message must leave the label out of its 'crit' list, or Sidgate must learn it.",
  },
  "cose.key": {
    blame: "trust",
    text: "no key is fit for {purpose}: {reason}",
    hint: "Give a key of the right type and curve whose 'alg', 'key_ops' and 'kid' allow it.",
  },
  "cose.signature": {
    blame: "trust",
    text: "the signature ({algorithm}) is of none of the {tried} keys that it was tried with",
    hint: "Either the signer is unknown here or the content was changed after signing.",
  },
  "cose.mac": {
    blame: "trust",
    text: "the MAC ({algorithm}) is of none of the {tried} keys that it was tried with",
    hint: "Either the sender has another key or the content was changed on the way.",
  },
  "cose.decrypt": {
    blame: "trust",
    text: "the content ({algorithm}) opens with none of the {tried} keys that it was tried with",
    hint: "Either it was encrypted for somebody else or it was changed on the way.",
  },
  "cose.content": {
    blame: "usage",
    text: "the content of the message is {where}",
    hint: "Give detached content beside the message, and only when the message does not carry its own.",
  },
  "cose.key-file": {
    blame: "usage",
    text: "the key cannot be read: {reason}",
    hint: "Sidgate reads PEM (SPKI or PKCS#8, without a password), JWK and COSE_Key.",
  },
  "cose.usage": {
    blame: "usage",
    text: "this COSE message or key cannot be made: {reason}",
    hint: "See the rules of the algorithm in RFC 9053 and, for AES-CTR, RFC 9459.",
  },
} as const;
