/** Where a site is kept, as the centre of a gateway sees it: one set of drivers, chosen in one place (choose.ts). */
import type { Clock, Logger, Millis, Random } from "../../base/index.ts";
import type {
  BackupSource,
  DataFolder,
  ImageStore,
  Journal,
  ListedImages,
  SequenceStore,
  SequenceUse,
  SiteInfo,
  StateStore,
} from "../../store/index.ts";
import type { Shared } from "./shared.ts";

export interface Home {
  /** Control socket, keys and caches, wherever the rest lies. */
  readonly folder: DataFolder;
  readonly site: SiteInfo;
  readonly journal: Journal;
  readonly state: StateStore;
  readonly images: ImageStore & ListedImages;
  /** How far the sender sequence numbers of OSCORE were given out. */
  sequence(clock: Clock, use: SequenceUse): SequenceStore;
  /** What a backup is made of. */
  readonly backup: BackupSource;
  /** What the processes of the site have in common; undefined where there is but one. */
  readonly shared: Shared | undefined;
  /** What lies there beside and is of no use, as sentences for the operator. */
  readonly unused: readonly string[];
}

export interface HomeOptions {
  readonly log: Logger;
  readonly random: Random;
  /** Memory for images that are being served. */
  readonly cacheBytes: number;
  /** Tells a person what is waited for. */
  readonly note: (sentence: string) => void;
  /** The bridge is part of this process. */
  readonly bridge: boolean;
  /** When the site was put back from a copy: what follows the copy gets an epoch of its own. */
  readonly restored: Millis | undefined;
}
