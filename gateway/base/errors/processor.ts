/** Why a SUIT manifest ends on a recipient (suit-manifest-37 §6), and what its author had better look at. */
export const PROCESSOR_ERRORS = {
  "processor.mismatch": {
    blame: "trust",
    text: "{condition} failed: expected {expected}, node has {found}",
    hint: "The release is for another state or kind of node, or its author set a wrong value.",
  },
  "processor.parameter-missing": {
    blame: "trust",
    text: "{command} needs {parameter}, which nothing set for this component",
    hint: "Let the author set it before the command (draft-ietf-suit-manifest-37, §8.4.8).",
  },
  "processor.abort": {
    blame: "trust",
    text: "the manifest says abort",
    hint: "It is the manifest's way to say that this node is not meant.",
  },
  "processor.no-arm": {
    blame: "trust",
    text: "none of {arms} alternatives holds; the last one: {last}",
    hint: "The release has no alternative for this node's state.",
  },
  "processor.command-unsupported": {
    blame: "trust",
    text: "the node cannot run {command}",
    hint: "Its capability report does not list the command; give it another release or newer firmware.",
  },
  "processor.parameter-unsupported": {
    blame: "trust",
    text: "the node does not know {parameter}",
    hint: "Its capability report does not list the parameter; give it another release or newer firmware.",
  },
  "processor.algorithm-unsupported": {
    blame: "trust",
    text: "the node cannot compute {algorithm}",
    hint: "SHA-256 is the one digest that every SUIT recipient has.",
  },
  "processor.component-unsupported": {
    blame: "trust",
    text: "the node has no component {component}",
    hint: "The release is for nodes with other components.",
  },
  "processor.components": {
    blame: "trust",
    text: "the manifest has {found} components, the node takes {limit}",
    hint: "The release is for nodes with more memory for components.",
  },
  "processor.operation": {
    blame: "trust",
    text: "{command} failed: {why}",
    hint: "A directive that fails ends the whole procedure (draft-ietf-suit-manifest-37, §6.4).",
  },
  "processor.no-index": {
    blame: "trust",
    text: "the sequence does not begin with set-component-index, as it must",
    hint: "With several components, and in parallel sequences, each says first which one it means (§6.2, §6.5).",
  },
  "processor.index": {
    blame: "trust",
    text: "component {index} is chosen where it cannot be",
    hint: "Components are counted from 0; sequences that may run in parallel choose theirs once (§6.6).",
  },
  "processor.order": {
    blame: "trust",
    text: "component {component} is source and target while the order is not strict",
    hint: "Let the author keep strict-order true for these commands (§6.6).",
  },
  "processor.soft-failure": {
    blame: "trust",
    text: "soft-failure is set outside of try-each and run-sequence",
    hint: "It may stand in nested sequences only (§8.4.8.15).",
  },
  "processor.dependency": {
    blame: "trust",
    text: "dependency {component} cannot be processed: {why}",
    hint: "Name it in the common section, fetch it, check its integrity, then process it (suit-trust-domains).",
  },
  "processor.severed": {
    blame: "trust",
    text: "sequence {section} was severed and is not here",
    hint: "Offer the envelope with this element, or fetch it from the manifest's reference URI.",
  },
  "processor.limit": {
    blame: "trust",
    text: "the manifest takes more than {limit} {what}",
    hint: "The limits stand in docs/suit.md; no node that Sidgate serves takes more either.",
  },
  "processor.unknown": {
    blame: "trust",
    text: "{command} depends on what is not known here: {what}",
    hint: "Only the node can tell; let it report more, or let it try.",
  },
  "lint.fetch-unchecked": {
    blame: "wire",
    text: "nothing checks what is fetched into component {component}",
    hint: "Let condition-image-match follow directive-fetch: a node must not keep what nobody signed.",
  },
  "lint.digest-without-size": {
    blame: "wire",
    text: "component {component} has an image-digest and never an image-size",
    hint: "With image-size a node can refuse early, and the gateway can tell how long the update takes.",
  },
  "lint.small-severable": {
    blame: "wire",
    text: "{element} is severable and has {length} bytes; its digest alone takes {digest}",
    hint: "Keep it in the manifest (draft-ietf-suit-manifest-37, §8.6).",
  },
  "lint.custom": {
    blame: "wire",
    text: "private command {command}: only nodes that announce it can run it",
    hint: "Others refuse the manifest; put it behind a vendor and class that have it (§8.4.11).",
  },
  "lint.unreachable": {
    blame: "wire",
    text: "alternative {arm} is never tried: alternative {before} cannot fail",
    hint: "Begin every alternative but the last with a condition.",
  },
  "lint.no-sequence": {
    blame: "wire",
    text: "the manifest has no sequence {section}",
    hint: "Without validate and invoke a bootloader cannot start the image securely (§7.2).",
  },
} as const;
