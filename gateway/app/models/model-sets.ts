/**
 * The module sets of a running gateway: read at the start, and again whenever something happens in their folders. A set
 * whose files are refused keeps the schema that it has; one that never had any leaves its nodes with the default set.
 */
import { join } from "node:path";
import { type Clock, type Closable, explain, isCoded, type Logger, type Millis } from "../../base/index.ts";
import type { CompileImage, Schema, SchemaSource, SetName } from "../../yang/index.ts";
import { FolderWatch, type WatchFolder } from "./folder-watch.ts";
import { type LoadSetOptions, loadSet } from "./load-set.ts";
import type { SetMirror } from "./mirror.ts";
import { findSets, type ModelFolders, readSets, type SetSources } from "./set-folders.ts";
import { SidBook } from "./sid-book.ts";

export interface ModelSetsOptions extends ModelFolders {
  readonly cacheFolder: string;
  /** Where it is kept what each SID has meant. */
  readonly sidFile: string;
  /** Time as disks know it. */
  readonly clock: Clock;
  readonly log: Logger;
  readonly compile: CompileImage;
  readonly watch: WatchFolder;
  /** For a process that has no models folder. */
  readonly mirror?: SetMirror | undefined;
}

export interface ModelSet {
  readonly set: SetName;
  /** In force; undefined = its nodes work with the default set. */
  readonly schema: Schema | undefined;
  readonly loadedAt: Millis | undefined;
  /** Why its files of today are not in force. */
  readonly fault: { readonly code: string; readonly text: string } | undefined;
}

interface State extends ModelSet {
  /** Digests of the files in force, and of those that were refused. */
  readonly loaded: string | undefined;
  readonly refused: string | undefined;
}
type States = ReadonlyMap<SetName, State>;
type Listener = Parameters<SchemaSource["onChange"]>[0];
interface Loading extends LoadSetOptions, Pick<ModelSetsOptions, "clock" | "mirror"> {
  readonly again?: boolean;
}

export class ModelSets implements SchemaSource, Closable {
  readonly #options: ModelSetsOptions;
  readonly #loading: Loading;
  readonly #listeners = new Set<Listener>();
  readonly #watch: FolderWatch;
  /** Names that were asked for and are no set today. */
  readonly #missed = new Set<string>();
  #default: Schema;
  #states: States;
  /** The look that is under way, and the one after it, for all who asked in the meantime. */
  #look: Promise<void> | undefined;
  #nextLook: Promise<void> | undefined;
  /** The next look is at what was refused too. */
  #again = false;
  #closed = false;

  private constructor(options: ModelSetsOptions, loading: Loading, states: States, schema: Schema) {
    this.#options = options;
    this.#loading = loading;
    this.#states = states;
    this.#default = schema;
    const { clock, log, watch } = options;
    this.#watch = new FolderWatch({ clock, log, watch, changed: () => void this.reload() });
  }

  /** Throws UsageError `yang.*` or `models.*` when the default set is refused: then nothing could be understood. */
  static async open(options: ModelSetsOptions): Promise<ModelSets> {
    const loading = { ...options, sids: await SidBook.open(options.sidFile) };
    const names = await findSets(options);
    const { first, named } = await readSets(options, names);
    const schema = await loadSet(first, loading);
    await options.mirror?.put(first);
    const states = await loadAll([first, ...named], new Map([[undefined, inForce(first, schema, options)]]), loading);
    for (const state of states.values()) tell(state, options.log);
    await options.mirror?.keep(namesIn(states));
    const sets = new ModelSets(options, loading, states, schema);
    sets.#follow(names);
    return sets;
  }

  of(set: SetName): Schema {
    if (set === undefined) return this.#default;
    const schema = this.#states.get(set)?.schema;
    if (schema === undefined) this.#missed.add(set);
    return schema ?? this.#default;
  }

  has(name: string): boolean {
    return this.#states.get(name)?.schema !== undefined;
  }

  names(): readonly string[] {
    return [...this.#states.values()].flatMap(({ set, schema }) => (set === undefined || !schema ? [] : [set]));
  }

  onChange(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The default set first. */
  list(): readonly ModelSet[] {
    return [...this.#states.values()];
  }

  /**
   * Looks at the folders now; `again`: once more at what was refused. Resolves when what is there is in force, or known to
   * be refused; never rejects.
   */
  reload({ again = false }: { readonly again?: boolean } = {}): Promise<void> {
    this.#again ||= again;
    if (this.#look === undefined) {
      this.#look = this.#lookNow().finally(() => {
        this.#look = undefined;
      });
      return this.#look;
    }
    this.#nextLook ??= this.#look.then(() => {
      this.#nextLook = undefined;
      return this.reload();
    });
    return this.#nextLook;
  }

  close(): void {
    this.#closed = true;
    this.#watch.close();
  }

  async #lookNow(): Promise<void> {
    if (this.#closed) return;
    const again = this.#again;
    this.#again = false;
    let states: States;
    try {
      const names = await findSets(this.#options);
      this.#follow(names); // before anything is read: what happens from here on is looked at again
      const { first, named } = await readSets(this.#options, names);
      states = await loadAll([first, ...named], this.#states, { ...this.#loading, again });
      await this.#options.mirror?.keep(namesIn(states));
    } catch (error) {
      states = new Map(this.#states).set(undefined, this.#unread(error));
    }
    if (!this.#closed) this.#exchange(states);
  }

  /** A folder that every set needs cannot be read for the moment: what is in force stays. */
  #unread(error: unknown): State {
    const unknown = { loadedAt: undefined, loaded: undefined, refused: undefined };
    const fault = faultOf(error);
    return { ...unknown, ...this.#states.get(undefined), set: undefined, schema: this.#default, fault };
  }

  #follow(names: readonly string[]): void {
    const { models, configured } = this.#options;
    this.#watch.follow([...configured, models, ...names.map((name) => join(models, name))]);
  }

  /** In one turn: nobody meets a tree with the numbers of one schema and the rules of another. */
  #exchange(states: States): void {
    const names = new Set<SetName>([undefined, ...this.#states.keys(), ...states.keys(), ...this.#missed]);
    const before = [...names].map((set): readonly [SetName, Schema] => [set, this.of(set)]);
    for (const state of states.values()) {
      if (state.fault !== this.#states.get(state.set)?.fault) tell(state, this.#options.log);
    }
    this.#states = states;
    this.#default = states.get(undefined)?.schema ?? this.#default;
    this.#missed.clear();
    const changed = before.filter(([set, schema]) => schema !== this.of(set));
    for (const [set, schema] of changed) {
      this.#options.log.info("models.exchanged", { set: set ?? "(default)", own: set === undefined || this.has(set) });
      for (const listener of this.#listeners) listener(set, schema, this.of(set));
    }
  }
}

/** In the order given; a set whose files another one has too shares its schema. */
async function loadAll(all: readonly SetSources[], before: States, options: Loading): Promise<States> {
  const after = new Map<SetName, State>();
  for (const sources of all) {
    const known = before.get(sources.set);
    const twin = [...after.values(), ...before.values()].find(({ loaded }) => loaded === sources.digest)?.schema;
    if (known?.loaded === sources.digest) after.set(sources.set, { ...known, fault: undefined, refused: undefined });
    else if (known?.refused === sources.digest && options.again !== true) after.set(sources.set, known);
    else after.set(sources.set, await load(sources, known, twin, options));
  }
  return after;
}

async function load(
  sources: SetSources,
  known: State | undefined,
  twin: Schema | undefined,
  options: Loading,
): Promise<State> {
  try {
    const schema = twin ?? (await loadSet(sources, options));
    await options.mirror?.put(sources); // before a fact says that it is in force
    return inForce(sources, schema, options);
  } catch (error) {
    const { set, digest: refused } = sources;
    return { schema: undefined, loadedAt: undefined, loaded: undefined, ...known, set, refused, fault: faultOf(error) };
  }
}

/** Those that have a schema of their own. */
const namesIn = (states: States): readonly SetName[] =>
  [...states.values()].flatMap(({ set, schema }) => (schema === undefined ? [] : [set]));

const inForce = ({ set, digest }: SetSources, schema: Schema, { clock }: Pick<Loading, "clock">): State => ({
  set,
  schema,
  loadedAt: clock.now(),
  fault: undefined,
  loaded: digest,
  refused: undefined,
});

const faultOf = (error: unknown): NonNullable<ModelSet["fault"]> => ({
  code: isCoded(error) ? error.code : "models.compiler",
  text: explain(error),
});

function tell({ set, fault }: State, log: Logger): void {
  if (fault !== undefined) log.error("models.refused", { set: set ?? "(default)", ...fault });
}
