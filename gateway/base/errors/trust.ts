/** Errors of the trust service: why a release is not believed, and what is wrong with the trust set. */
export const TRUST_ERRORS = {
  "release.untrusted-key": {
    blame: "trust",
    text: "none of the {blocks} authentication blocks is of a key that this gateway trusts ({anchors} were tried)",
    hint: "'sidgate trust list' shows the keys; 'sidgate trust add' adds one that its owner gave you by another way.",
  },
  "release.below": {
    blame: "trust",
    text: "the manifest {release} below it has {found} of the {needed} signatures that it needs: {why}",
    hint: "Let somebody who may sign for it sign it too; what the signers above may not, they cannot pass on.",
  },
  "release.other-manifest": {
    blame: "trust",
    text: "envelope {position} is of another manifest than the first",
    hint: "Signatures add up when they are over the same manifest: let each author sign the same file.",
  },
  "release.rights": {
    blame: "trust",
    text: "{signer} signed the release and may not sign for {what}",
    hint: "Let somebody sign who may, or give the key wider rights: remove it and add it again.",
  },
  "release.threshold": {
    blame: "trust",
    text: "{found} of the keys that may sign for this release did so; it needs {needed}",
    hint: "Let further authors add their signatures to the same envelope, and add it again.",
  },
  "release.sequence-lower": {
    blame: "trust",
    text: "the release has the sequence number {received}; {signer} has signed {highest} for the same component already",
    hint: "An old release may have known holes, so none comes back. Let the author sign it again with a higher number.",
  },
  "release.sequence-reused": {
    blame: "trust",
    text: "{signer} has used the sequence number {received} for another release of the same component",
    hint: "Let the author sign it again with a higher number.",
  },
  "release.expired": {
    blame: "trust",
    text: "the release was to be used before {until}",
    hint: "Let the author sign it again with a later time, or without one.",
  },
  "release.clock": {
    blame: "trust",
    text: "the release was to be used before {until}, and this gateway does not know the time",
    hint: "Add it again when the clock is right; the status page tells, and docs/clock.md what to do.",
  },
  "release.payload-digest": {
    blame: "trust",
    text: "the payload '{uri}' in the envelope is not the one whose digest the manifest names",
    hint: "The envelope was changed on its way. Get it from its author again.",
  },
  "release.payload-size": {
    blame: "trust",
    text: "the payload '{uri}' in the envelope has {actual} bytes, not {expected} as the manifest says",
    hint: "The envelope was changed on its way. Get it from its author again.",
  },
  "release.payload-unnamed": {
    blame: "trust",
    text: "the payload '{uri}' is in the envelope, and the manifest has no SHA-256 digest of it",
    hint: "Let the author set the parameter image-digest before the command that fetches it.",
  },
  "release.distrusted": {
    blame: "trust",
    text: "none of the {blocks} authentication blocks is of a key that the node believes, in an algorithm that it knows",
    hint: "Give the node the author's key (sidgate sim --trust), or let the gateway vouch with trust.node-mac.",
  },
  "release.outdated": {
    blame: "trust",
    text: "the release has the sequence number {received}; the node has installed {installed}",
    hint: "A node takes no older release. Let the author sign it again with a higher number.",
  },
  "release.withdrawn": {
    blame: "trust",
    text: "the release {release} was withdrawn ({reason})",
    hint: "Untrusted: add it again when its keys are trusted again. Revoked or quarantined: the author has to make a new one with a higher sequence number.",
  },
  "release.limit": {
    blame: "trust",
    text: "{what}: {found} are more than the {limit} that Sidgate keeps",
    hint: "The limits stand in docs/trust.md; 'sidgate release withdraw' makes room among releases.",
  },
  "image.untrusted": {
    blame: "trust",
    text: "no release that this gateway believes names {image} any more",
    hint: "'sidgate release list' tells what became of its release; add one that names it, or take another image.",
  },
  "release.unknown": {
    blame: "usage",
    text: "there is no release '{release}'",
    hint: "'sidgate release list' shows them.",
  },
  "release.unnamed": {
    blame: "usage",
    text: "the release brings a payload and does not say its {what}",
    hint: "Say it with --model and --version; nodes are chosen by it.",
  },
  "anchor.exists": {
    blame: "usage",
    text: "the key is trusted already, as '{name}'",
    hint: "To change its rights or its name remove it and add it again.",
  },
  "anchor.name": {
    blame: "usage",
    text: "another key has the name '{name}'",
    hint: "Choose another name: releases tell their signers by it.",
  },
  "anchor.unknown": {
    blame: "usage",
    text: "no trusted key is called '{anchor}'",
    hint: "'sidgate trust list' shows their names and thumbprints.",
  },
  "anchor.unfit": {
    blame: "usage",
    text: "{key} cannot be trusted with releases: {reason}",
    hint: "Give the public half of an author's signature key: P-256, P-384, P-521, Ed25519, Ed448, ML-DSA or HSS-LMS.",
  },
  "anchor.limit": {
    blame: "usage",
    text: "{found} {what} are more than the {limit} that Sidgate keeps",
    hint: "Remove what is no longer needed with 'sidgate trust remove'.",
  },
} as const;
