/** Errors of fetching images from their authors. */
export const UPSTREAM_ERRORS = {
  "upstream.uri": {
    blame: "usage",
    text: "{uri} is not a URI that an image can be fetched from: {what}",
    hint: "Name a coap:// or https:// URI with a host.",
  },
  "upstream.unknown-host": {
    blame: "usage",
    text: "the host {host} has no address",
    hint: "Check the name in the URI, and the DNS server of this machine.",
  },
  "upstream.private": {
    blame: "trust",
    text: "{host} is at {address}, which is no public address",
    hint: "Set upstream.allow-private to on when authors stand in your own network.",
  },
  "upstream.unreachable": {
    blame: "wire",
    text: "{uri} cannot be reached: {reason}",
    hint: "It is tried again; check the author's server and the way there.",
  },
  "upstream.silent": {
    blame: "wire",
    text: "nothing came from {uri} for {seconds} seconds",
    hint: "It is tried again; check the author's server and the way there.",
  },
  "upstream.slow": {
    blame: "wire",
    text: "{uri} did not deliver within {seconds} seconds",
    hint: "It is tried again; an author should send at least 256 bytes in a second.",
  },
  "upstream.answer": {
    blame: "wire",
    text: "{uri} answered {answer}",
    hint: "Check the URI; it is tried again.",
  },
  "upstream.refused": {
    blame: "wire",
    text: "{uri} answered {answer}",
    hint: "Check the URI: asked again, it would answer the same. A command that waits for it has failed.",
  },
  "upstream.certificate": {
    blame: "trust",
    text: "the certificate of {uri} is not believed: {reason}",
    hint: "Check the name in the URI, the author's certificate, and upstream.ca.",
  },
  "upstream.redirect": {
    blame: "trust",
    text: "{uri} leads on to {location}",
    hint: "Only the same host is followed, three times at most: name the image where it is.",
  },
  "upstream.block": {
    blame: "wire",
    text: "{uri} sent a block that does not continue the image: {what}",
    hint: "The image changed meanwhile or the server is broken; it is tried again from the start.",
  },
  "upstream.size": {
    blame: "trust",
    text: "{uri} has {actual} bytes, not {expected} as announced",
    hint: "Compare the size that was named with the author's file.",
  },
} as const;
