/**
 * The module sets of a site as a bridge in a process of its own has them: the gateway keeps the files of each set in the store
 * that both share, and they are compiled here. A fact that says that modules changed is rendered by the changed ones.
 */
import { MIRRORED, mirroredSet, mirroredVersions } from "../../gateway/app/models/mirror.ts";
import { type Closable, explain, type Logger } from "../../gateway/base/index.ts";
import type { JournalReader, SharedFiles } from "../../gateway/store/index.ts";
import {
  builtInModels,
  type CompileImage,
  openModels,
  readModelFiles,
  type SourceFile,
} from "../../gateway/yang/models.ts";
import type { Schema } from "../../gateway/yang/schema.ts";
import type { SchemaSource, SetName } from "../../gateway/yang/schema-source.ts";

export interface MirroredSetsOptions {
  readonly files: SharedFiles;
  /** For compiled schemas; may begin empty. */
  readonly cacheFolder: string;
  readonly log: Logger;
  readonly compile: CompileImage;
}

interface Loaded {
  /** Of the files in the store; undefined for those that come with Sidgate alone. */
  readonly version: number | undefined;
  readonly schema: Schema;
}

type Listener = Parameters<SchemaSource["onChange"]>[0];

export class MirroredSets implements SchemaSource, Closable {
  readonly #options: MirroredSetsOptions;
  readonly #ours: readonly SourceFile[];
  readonly #sets: Map<SetName, Loaded>;
  /** Versions that cannot be compiled here. */
  readonly #refused = new Map<SetName, number>();
  readonly #listeners = new Set<Listener>();
  readonly #stop: () => void;
  #default: Schema;
  #looking: Promise<void> | undefined;

  private constructor(options: MirroredSetsOptions, ours: readonly SourceFile[], first: Schema) {
    this.#options = options;
    this.#ours = ours;
    this.#default = first;
    this.#sets = new Map([[undefined, { version: undefined, schema: first }]]);
    // Not every change of a set is a fact: one of its SIDs alone changes no module.
    this.#stop = options.files.onChange((name) => {
      if (!name.startsWith(MIRRORED)) return;
      this.refresh().catch((error: unknown) => options.log.warn("models.not-mirrored", { reason: explain(error) }));
    });
  }

  /** With what the gateway told so far; before it told any, with the modules that come with Sidgate. */
  static async open(options: MirroredSetsOptions): Promise<MirroredSets> {
    const ours = await readModelFiles([builtInModels()]);
    const sets = new MirroredSets(options, ours, await openModels({ files: ours, pinned: [], features: {} }, options));
    await sets.refresh();
    return sets;
  }

  of(set: SetName): Schema {
    return this.#sets.get(set)?.schema ?? this.#default;
  }

  has(name: string): boolean {
    return this.#sets.has(name);
  }

  names(): readonly string[] {
    return [...this.#sets.keys()].filter((set) => set !== undefined);
  }

  onChange(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Takes up what changed. Rejects when it cannot be read; a set that cannot be compiled stays as it was. */
  async refresh(): Promise<void> {
    // One after the other, and never the result of a look that began before this was asked.
    const before = this.#looking ?? Promise.resolve();
    const look = before.then(
      () => this.#look(),
      () => this.#look(),
    );
    this.#looking = look;
    await look;
  }

  /** The journal for who renders it: after a fact that says so, the changed modules are in force. */
  reading(journal: JournalReader): JournalReader {
    const refreshed = async (from: number, limit: number): ReturnType<JournalReader["read"]> => {
      const facts = await journal.read(from, limit);
      if (facts.some(({ type }) => type === "models.changed")) await this.refresh();
      return facts;
    };
    return {
      read: refreshed,
      onDurable: (listener) => journal.onDurable(listener),
      get first() {
        return journal.first;
      },
      get last() {
        return journal.last;
      },
      get lastDurable() {
        return journal.lastDurable;
      },
      close: () => journal.close(),
    };
  }

  close(): void {
    this.#stop();
  }

  async #look(): Promise<void> {
    const versions = await mirroredVersions(this.#options.files);
    if (versions.size === 0) return;
    for (const [set, version] of versions) {
      if (this.#sets.get(set)?.version === version || this.#refused.get(set) === version) continue;
      const loaded = await this.#load(set);
      if (loaded !== undefined) this.#put(set, loaded);
    }
    for (const set of this.names()) if (!versions.has(set)) this.#remove(set);
  }

  async #load(set: SetName): Promise<Loaded | undefined> {
    const { files, log } = this.#options;
    const found = await mirroredSet(files, set);
    if (found === undefined) return undefined;
    const { version, sources } = found;
    const { shared, own: pinned, features } = sources;
    try {
      const schema = await openModels({ files: [...this.#ours, ...shared], pinned, features }, this.#options);
      return { version, schema };
    } catch (error) {
      // The gateway has compiled it; another version of Sidgate may see it otherwise.
      this.#refused.set(set, version);
      log.error("models.refused", { set: set ?? "(default)", reason: explain(error) });
      return undefined;
    }
  }

  #put(set: SetName, loaded: Loaded): void {
    const before = this.of(set);
    this.#sets.set(set, loaded);
    if (set === undefined) this.#default = loaded.schema;
    if (before !== loaded.schema) this.#tell(set, before);
  }

  #remove(set: string): void {
    const before = this.of(set);
    this.#sets.delete(set);
    this.#tell(set, before);
  }

  #tell(set: SetName, before: Schema): void {
    this.#options.log.info("models.exchanged", { set: set ?? "(default)" });
    for (const listener of this.#listeners) listener(set, before, this.of(set));
  }
}
