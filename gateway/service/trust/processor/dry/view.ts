/** What the gateway knows of a node: from its reports, its capability report, and its own store. What is left out is unknown. */
import type { Capabilities, ComponentId, Envelope, SuitDigest } from "../../../../wire/suit/index.ts";
import type { Identifier, IdentifierKind, Known } from "../device.ts";

export interface NodeView {
  /** undefined = it has told nothing, and is taken to be able to do everything. */
  readonly capabilities?: Capabilities | undefined;
  readonly maxComponents?: number;
  readonly identifiers?: Readonly<Partial<Record<IdentifierKind, readonly Identifier[]>>>;
  readonly components?: readonly ComponentView[];
  /** In mWh. */
  readonly battery?: bigint;
  /** In seconds since 1970: the gateway's own clock serves a node that has none. */
  readonly time?: bigint;
  readonly authorises?: (priority: bigint) => Known<boolean>;
  /** What lies under a URI, as far as the gateway has it. */
  readonly imageAt?: (uri: string) => StoredImage | undefined;
  /** Throws when the blocks of a dependency are not believed; without it the digest above vouches for it. */
  readonly authenticate?: (envelope: Envelope) => void;
}

export interface ComponentView {
  readonly id: ComponentId;
  readonly slot?: bigint;
  readonly version?: readonly number[];
  /** `empty` = nothing is there. */
  readonly image?: "empty" | { readonly digest: SuitDigest; readonly size?: bigint };
  /** In bytes. */
  readonly capacity?: bigint;
  readonly writable?: boolean;
}

export interface StoredImage {
  readonly size: bigint;
  readonly digest: SuitDigest;
  /** Of a dependency, which is read here. */
  readonly bytes?: Uint8Array;
}
