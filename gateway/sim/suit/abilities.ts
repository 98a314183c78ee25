/**
 * suit-report, "Capability Reporting" — what the manifest processor of a simulated node can do. The report is also what the
 * processor goes by: what is not in it, the node refuses.
 */
import {
  type Capabilities,
  COMMAND,
  COMMANDS,
  COMMON,
  type ComponentId,
  DEPENDENCY,
  ENVELOPE,
  MANIFEST,
  PARAMETER,
  PARAMETERS,
  SHA_256,
  TEXT,
  TEXT_COMPONENT,
} from "../../wire/suit/index.ts";

/** The image that a node runs. The only component that authors of small nodes need to know. */
export const MAIN: ComponentId = [Uint8Array.of(0)];
const component = (id: ComponentId) => ({ id, wildcard: false });

const FULL: Capabilities = {
  // The main image, a second one, a storage, and everything whose name begins with "more".
  components: [
    component(MAIN),
    component([Uint8Array.of(1)]),
    component([Uint8Array.of(2)]),
    { id: [new Uint8Array(Buffer.from("more"))], wildcard: true },
  ],
  commands: [...COMMANDS.keys()],
  parameters: [...PARAMETERS.keys()],
  // RFC 9864, RFC 9053, RFC 9459, RFC 9054: signatures, HMAC, content, key wrap and agreement, digests.
  cryptoAlgorithms: [-9, -51, -19, -7, -35, -8, 5, 1, 3, 24, -65534, -65532, -3, -5, -29, -31, SHA_256, -43, -44],
  // suit-manifest-37 §7.5: the number of the parameter uri stands for payloads that come along (docs/node-authors.md).
  envelope: [...numbersBut(ENVELOPE, ["delegation", "coswid"]), PARAMETER.uri],
  manifest: numbersBut(MANIFEST, ["coswid"]),
  common: Object.values(COMMON),
  text: Object.values(TEXT),
  textComponent: Object.values(TEXT_COMPONENT),
  dependency: Object.values(DEPENDENCY),
};

/** One image, one MAC: no signatures, no clock, no text, no payload-fetch, no dependencies. */
const SMALL: Capabilities = {
  components: [component(MAIN)],
  commands: [
    COMMAND.vendorIdentifier,
    COMMAND.classIdentifier,
    COMMAND.imageMatch,
    COMMAND.componentSlot,
    COMMAND.setComponentIndex,
    COMMAND.abort,
    COMMAND.tryEach,
    COMMAND.overrideParameters,
    COMMAND.fetch,
    COMMAND.invoke,
    COMMAND.minimumBattery,
  ],
  parameters: [
    PARAMETER.vendorIdentifier,
    PARAMETER.classIdentifier,
    PARAMETER.imageDigest,
    PARAMETER.imageSize,
    PARAMETER.componentSlot,
    PARAMETER.softFailure,
    PARAMETER.uri,
    PARAMETER.minimumBattery,
  ],
  cryptoAlgorithms: [5, SHA_256],
  envelope: [ENVELOPE.authentication, ENVELOPE.manifest, ENVELOPE.install],
  manifest: [
    MANIFEST.version,
    MANIFEST.sequenceNumber,
    MANIFEST.common,
    MANIFEST.setVersion,
    MANIFEST.validate,
    MANIFEST.invoke,
    MANIFEST.install,
  ],
  common: [COMMON.components, COMMON.sharedSequence],
  text: [],
  textComponent: [],
  dependency: [],
};

function numbersBut(table: Readonly<Record<string, number>>, names: readonly string[]): readonly number[] {
  return Object.entries(table).flatMap(([name, number]) => (names.includes(name) ? [] : [number]));
}

/** How capable a simulated node is. */
export const ABILITIES = {
  full: { capabilities: FULL, maxComponents: 8, hasClock: true },
  small: { capabilities: SMALL, maxComponents: 1, hasClock: false },
} as const satisfies Readonly<Record<string, Abilities>>;
export type Size = keyof typeof ABILITIES;

export interface Abilities {
  readonly capabilities: Capabilities;
  readonly maxComponents: number;
  readonly hasClock: boolean;
}
