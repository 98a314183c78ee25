/**
 * Errors of SUIT envelopes, manifests and reports, and of making them. `wire` what breaks the format, `trust` what does not
 * belong together.
 */
export const SUIT_ERRORS = {
  "suit.tag": {
    blame: "wire",
    text: "the envelope begins with {found} instead of tag 107",
    hint: "Is it the .suit file that 'sidgate release sign' wrote? A release is a SUIT_Envelope_Tagged (draft-ietf-suit-manifest-37, §11).",
  },
  "suit.dialect": {
    blame: "wire",
    text: "this is not an envelope of draft-ietf-suit-manifest-37, but looks like {dialect}",
    hint: "Let its author make it anew for the draft; a signature covers bytes, so nobody on the way can translate it.",
  },
  "suit.malformed": {
    blame: "wire",
    text: "{where} is malformed: {what}",
    hint: "Compare it with the CDDL of draft-ietf-suit-manifest-37, appendix A, and of its extensions.",
  },
  "suit.element": {
    blame: "wire",
    text: "{where} has an element {label}, which is not known",
    hint: "Sidgate refuses what it cannot judge; the elements it knows stand in docs/suit.md.",
  },
  "suit.missing": {
    blame: "wire",
    text: "{where} has no {element}",
    hint: "The element is a must (draft-ietf-suit-manifest-37, §8).",
  },
  "suit.delegation": {
    blame: "wire",
    text: "the envelope brings a delegation chain (element 1), which is not supported",
    hint: "Sign with a key that Sidgate knows as a trust anchor itself.",
  },
  "suit.no-authentication": {
    blame: "wire",
    text: "the envelope has no authentication block",
    hint: "Sign it; a digest alone proves nothing.",
  },
  "suit.version": {
    blame: "wire",
    text: "the manifest has version {version}, not 1",
    hint: "Make it with a tool for draft-ietf-suit-manifest-37.",
  },
  "suit.command": {
    blame: "wire",
    text: "{where} has the unknown command {command} at byte {offset}",
    hint: "A recipient must refuse what it cannot run; private commands lie below -256.",
  },
  "suit.parameter": {
    blame: "wire",
    text: "{where} sets the unknown parameter {parameter}",
    hint: "A recipient must refuse what it does not know; private parameters lie below -255.",
  },
  "suit.index": {
    blame: "wire",
    text: "{where} names component {index}, but the manifest has {components}",
    hint: "Components are counted from 0, in the order of the common section.",
  },
  "suit.shared-command": {
    blame: "wire",
    text: "command {command} at byte {offset} may not stand in the shared sequence",
    hint: "It takes conditions, set-component-index, try-each, override-parameters and run-sequence only.",
  },
  "suit.shared-custom": {
    blame: "wire",
    text: "the shared sequence has the private command or parameter {label}",
    hint: "Move it to the sequence that needs it (draft-ietf-suit-manifest-37, §8.4.11).",
  },
  "suit.digest-algorithm": {
    blame: "wire",
    text: "{where} has a digest of the unknown algorithm {algorithm}",
    hint: "Use -16 (SHA-256), -43 (SHA-384), -44 (SHA-512), -18 (SHAKE128) or -45 (SHAKE256).",
  },
  "suit.digest-length": {
    blame: "wire",
    text: "{where} has a digest of {length} bytes where its algorithm gives {expected}",
    hint: "Digests are not to be cut short.",
  },
  "suit.limit": {
    blame: "wire",
    text: "{what}: {found} is more than the {limit} that Sidgate reads",
    hint: "The limits stand in docs/suit.md; no node that Sidgate serves takes more either.",
  },
  "suit.manifest-digest": {
    blame: "trust",
    text: "the manifest is not the one whose digest was signed",
    hint: "The envelope was changed after signing. Get it from its author again.",
  },
  "suit.severed-digest": {
    blame: "trust",
    text: "{element} beside the manifest is not the one whose digest stands in the manifest",
    hint: "The envelope was changed after signing. Get it from its author again.",
  },
  "suit.orphan": {
    blame: "trust",
    text: "{element} stands beside the manifest, which has no digest of it",
    hint: "Nothing vouches for it: leave it out, or let the author put its digest into the manifest.",
  },
  "suit.integrated": {
    blame: "trust",
    text: "the integrated payload '{uri}' is named by no URI of the manifest",
    hint: "Its key must be, as a whole, a URI that a command of the manifest fetches.",
  },
  "suit.fetch-without-uri": {
    blame: "wire",
    text: "{where} fetches, and nothing in the manifest sets a URI",
    hint: "Set parameter 21 before directive-fetch.",
  },
  "suit.no-index": {
    blame: "wire",
    text: "{where} does not begin with set-component-index, though the manifest has several components",
    hint: "With more than one component every sequence must say first which one it means (§6.5).",
  },
  "suit.shared-conditions": {
    blame: "wire",
    text: "the shared sequence does not check the {condition}",
    hint: "Without both identifiers an image can end on hardware that it was not made for (§8.4.5).",
  },
  "suit.report": {
    blame: "wire",
    text: "the SUIT report is malformed: {what}",
    hint: "Compare it with draft-ietf-suit-report, SUIT_Report and SUIT_Capability_Report.",
  },
  "suit.encryption-info": {
    blame: "wire",
    text: "what says how a payload is encrypted is malformed: {what}",
    hint: "It is a COSE_Encrypt with detached ciphertext (draft-ietf-suit-firmware-encryption, SUIT_Encryption_Info).",
  },
  "suit.usage": {
    blame: "usage",
    text: "this envelope cannot be made: {reason}",
    hint: "See draft-ietf-suit-manifest-37, §8, for what an envelope may hold.",
  },
  "release.plan": {
    blame: "usage",
    text: "{path} cannot be used, findings: {count}",
    hint: "Correct the places named; docs/releases.md has every key.",
  },
  "release.dependency": {
    blame: "usage",
    text: "{file} does not say where its manifest is kept, and the plan does not either",
    hint: "Give the dependency an 'id', or its own plan a 'manifest-id'.",
  },
  "release.version": {
    blame: "usage",
    text: "the plan says version {version}, the header of {file} says {found}",
    hint: "Nodes tell what their image says, so let both be the same: 'imgtool sign --version'.",
  },
  "release.lint": {
    blame: "usage",
    text: "nothing was written, since no node could use this release; errors: {count}",
    hint: "The lines above name what is wrong.",
  },
  "release.signed": {
    blame: "usage",
    text: "{key} has signed this envelope already",
    hint: "One block of each key is enough; 'sidgate release inspect' shows those that it has.",
  },
  "release.unsigned": {
    blame: "trust",
    text: "no block of the envelope is of {key}",
    hint: "Let the owner of that key sign it, or give the key that it was signed with.",
  },
} as const;
