/**
 * suit-manifest-37 §6, §8.4.10.2 — the sequences of a manifest, walked along every way that a device may take. A condition that
 * was answered once has the same answer later: who is in slot 0 in the shared sequence is in slot 0 in install too.
 */
import { TrustError, toHex } from "../../../base/index.ts";
import {
  COMMAND,
  COMMANDS,
  type Command,
  PARAMETER,
  type Parameters,
  type Sequence,
  type SequenceName,
} from "../../../wire/suit/index.ts";
import { CONTENTS, copyParameters, nameAt, type Place, swapped } from "./contents.ts";
import {
  assign,
  distinct,
  type Held,
  heldPrefix,
  learn,
  type Named,
  namedNow,
  parametersOf,
  START,
  shown,
  store,
  type Way,
} from "./way.ts";

export const MAX_WAYS = 64;
/** Commands times ways: a manifest may be long or may branch, but not both without end. */
export const MAX_STEPS = 65_536;
/** As in the processor: manifests inside each other. */
export const MAX_NESTED = 4;

/** A manifest where it stands: its own, or below the one that processes it. */
export interface Scope {
  readonly shared: Sequence;
  readonly sequences: ReadonlyMap<SequenceName, Sequence>;
  /** Names of its components, by index. */
  readonly components: readonly string[];
  readonly dependencies: ReadonlySet<number>;
  readonly depth: number;
}

/** What the walk tells, as it comes. */
export interface Finds {
  /** The device has this after it was fetched, or already. */
  payload(named: Named, uri: string | undefined): void;
  /** The first is decrypted to the second. */
  becomes(sealed: Named, plain: Named): void;
  dependency(uri: string): void;
  /** A condition that no alternative makes optional. */
  expiry(time: bigint): void;
  /** td: the manifest with this digest is processed for that component of the scope; undefined = it is not at hand. */
  below(digest: string, scope: Scope, index: number): Scope | undefined;
}

interface Frame {
  readonly section: SequenceName;
  index: readonly number[];
  softFailure: boolean;
  readonly optional: boolean;
}
interface Ends {
  readonly done: readonly Way[];
  /** Failed softly: the next alternative follows. */
  readonly soft: readonly Way[];
  readonly failed: readonly Way[];
}
interface Step {
  readonly done: readonly Way[];
  readonly missed: readonly Way[];
}

export class Walk {
  readonly #finds: Finds;
  /** Is this walk about that component? */
  readonly #isMine: (component: string) => boolean;
  #left = MAX_STEPS;

  constructor(finds: Finds, isMine: (component: string) => boolean) {
    this.#finds = finds;
    this.#isMine = isMine;
  }

  /** §6.4: parameters last for a procedure, what was stored and found for longer. */
  procedures(procedures: ReadonlyArray<readonly SequenceName[]>, scope: Scope): void {
    let ways: readonly Way[] = [START];
    for (const names of procedures) {
      ways = distinct(
        ways.map((way) => ({ ...way, parameters: START.parameters })),
        MAX_WAYS,
      );
      for (const name of names) ways = this.#section(ways, name, scope);
    }
    for (const way of ways) for (const held of way.held.values()) this.#settle(held);
  }

  /** The shared sequence first. A manifest without this one is done with it. */
  #section(ways: readonly Way[], name: SequenceName, scope: Scope): readonly Way[] {
    const sequence = scope.sequences.get(name);
    if (sequence === undefined) return ways;
    return [scope.shared, sequence].reduce<readonly Way[]>((live, one) => {
      const frame: Frame = {
        section: name,
        index: scope.components.length > 0 ? [0] : [],
        softFailure: false,
        optional: false,
      };
      return this.#bounded(this.#sequence(live, one, scope, frame).done);
    }, ways);
  }

  #bounded(ways: readonly Way[]): readonly Way[] {
    const found = distinct(ways, MAX_WAYS);
    if (found.length <= MAX_WAYS) return found;
    throw new TrustError("release.limit", { what: "ways through a manifest", found: found.length, limit: MAX_WAYS });
  }

  #sequence(ways: readonly Way[], { commands }: Sequence, scope: Scope, frame: Frame): Ends {
    const soft: Way[] = [];
    const failed: Way[] = [];
    let live = ways;
    for (const command of commands) {
      for (const index of chosen(command, frame, scope)) {
        if (live.length === 0) return { done: live, soft, failed };
        if (!this.#isMine(scope.components[index] ?? "")) continue;
        this.#spend(live.length);
        const { done, missed } = this.#command(live, command, { scope, frame, index });
        live = done;
        (frame.softFailure ? soft : failed).push(...missed);
      }
      live = this.#steer(live, command, frame, scope);
    }
    return { done: live, soft, failed };
  }

  /** What goes for the sequence, or chooses components. */
  #steer(ways: readonly Way[], { argument }: Command, frame: Frame, { components }: Scope): readonly Way[] {
    if (argument.kind === "index") {
      frame.index = argument.index === true ? [...components.keys()] : [argument.index].flat();
    }
    if (argument.kind === "parameters") {
      const soft = argument.parameters.get(PARAMETER.softFailure);
      if (soft?.form === "bool") frame.softFailure = soft.value;
    }
    if (argument.kind !== "multiple") return ways;
    let live = ways;
    for (const [index, parameters] of argument.byIndex) {
      frame.index = [index];
      const component = components[index] ?? "";
      if (this.#isMine(component)) live = live.map((way) => assign(way, component, parameters, false));
    }
    return live;
  }

  #spend(steps: number): void {
    this.#left -= steps;
    if (this.#left >= 0) return;
    const limit = MAX_STEPS;
    throw new TrustError("release.limit", { what: "commands on all ways through a manifest", found: limit + 1, limit });
  }

  #command(ways: readonly Way[], command: Command, at: At): Step {
    const { code, argument } = command;
    const component = nameAt(at);
    switch (argument.kind) {
      case "parameters": {
        const isDefault = code === COMMAND.setParameters;
        return all(ways, (way) => assign(way, component, argument.parameters, isDefault));
      }
      case "copy-params":
        return all(ways, (way) =>
          [...argument.bySource].reduce((next, [source, keys]) => copyParameters(next, at, source, keys), way),
        );
      case "sequence":
        return this.#nested(ways, argument.sequence, at);
      case "try-each":
        return this.#arms(ways, argument.arms, at);
      case "policy":
        return COMMANDS.get(code)?.kind === "condition"
          ? this.#condition(ways, code, at)
          : this.#directive(ways, code, at);
      case "custom": // §8.4.11: nobody here knows what it does
        return { done: ways, missed: ways };
      default: // what chooses components
        return { done: ways, missed: [] };
    }
  }

  /** §8.4.10.8: its failure is that of the command, unless it is soft. */
  #nested(ways: readonly Way[], sequence: Sequence, { scope, frame, index }: At): Step {
    const ends = this.#sequence(ways, sequence, scope, { ...frame, index: [index], softFailure: false });
    return { done: this.#bounded([...ends.done, ...ends.soft]), missed: ends.failed };
  }

  /** §8.4.10.2: what a failed alternative has set stays set, and the next one is tried. */
  #arms(ways: readonly Way[], arms: ReadonlyArray<Sequence | undefined>, { scope, frame, index }: At): Step {
    const done: Way[] = [];
    const missed: Way[] = [];
    let waiting = ways;
    for (const arm of arms) {
      if (arm === undefined) return { done: this.#bounded([...done, ...waiting]), missed };
      const inner: Frame = { ...frame, index: [index], softFailure: true, optional: true };
      const ends = this.#sequence(waiting, arm, scope, inner);
      done.push(...ends.done);
      missed.push(...ends.failed);
      waiting = this.#bounded(ends.soft);
    }
    return { done: this.#bounded(done), missed: [...missed, ...waiting] };
  }

  #condition(ways: readonly Way[], code: number, at: At): Step {
    const done: Way[] = [];
    const missed: Way[] = [];
    for (const way of ways) {
      if (code === COMMAND.useBefore) this.#noteExpiry(way, at);
      const verdict = this.#judge(way, code, at);
      if (verdict.holds !== undefined) done.push(verdict.holds);
      if (verdict.misses !== undefined) missed.push(verdict.misses);
    }
    return { done, missed };
  }

  #noteExpiry(way: Way, at: At): void {
    const value = parametersOf(way, nameAt(at)).get(PARAMETER.useBefore);
    const { optional, softFailure } = at.frame;
    if (value?.form === "uint" && !optional && !softFailure) this.#finds.expiry(value.value);
  }

  /** Where it goes on: both ways as long as nothing says which. */
  #judge(way: Way, code: number, at: At): { readonly holds?: Way; readonly misses?: Way } {
    const component = nameAt(at);
    if (code === COMMAND.abort) return { misses: way };
    if (code === COMMAND.isDependency) {
      return at.scope.dependencies.has(at.index) ? { holds: way } : { misses: way };
    }
    if (code === COMMAND.imageMatch || code === COMMAND.imageNotMatch) return this.#match(way, code, at);
    const value = parametersOf(way, component).get(COMMANDS.get(code)?.needs[0] ?? 0);
    // A manifest above may have set it, or ways were put together that set it otherwise.
    if (value === undefined) return { holds: way, misses: way };
    const about = HELD.includes(code) ? heldPrefix(component) : `node ${component} `;
    const fact = `${about}${code} ${shown(value)}`;
    const slot = `${about}${code}`;
    const answer = way.facts.get(fact) ?? (code === COMMAND.componentSlot && way.facts.has(slot) ? false : undefined);
    if (answer === true) return { holds: way };
    if (answer === false) return { misses: way };
    const held = learn(way, fact, true);
    return { holds: code === COMMAND.componentSlot ? learn(held, slot, true) : held, misses: learn(way, fact, false) };
  }

  #match(way: Way, code: number, at: At): { readonly holds?: Way; readonly misses?: Way } {
    const component = nameAt(at);
    const named = namedNow(parametersOf(way, component));
    const isMatch = code === COMMAND.imageMatch;
    const answered = (yes: Way | undefined, no: Way | undefined) => ({
      ...(yes === undefined ? {} : isMatch ? { holds: yes } : { misses: yes }),
      ...(no === undefined ? {} : isMatch ? { misses: no } : { holds: no }),
    });
    if (named === undefined || at.scope.dependencies.has(at.index)) return answered(way, way);
    const held = way.held.get(component) ?? {};
    if (held.known !== undefined) {
      return held.known.digest === named.digest ? answered(way, undefined) : answered(undefined, way);
    }
    if (!isMatch) return { holds: way, misses: way };
    if (held.sealed !== undefined && held.sealed.digest !== named.digest) {
      // What was fetched and decrypted in one is told here, what was decrypted from elsewhere was told when it was matched there.
      if (held.uri !== undefined) this.#finds.payload(held.sealed, held.uri);
      this.#finds.becomes(held.sealed, named);
    } else this.#finds.payload(named, held.sealed === undefined ? held.uri : undefined);
    const { expected: _, ...rest } = held;
    return answered({ ...way, held: new Map(way.held).set(component, { ...rest, known: named }) }, way);
  }

  #directive(ways: readonly Way[], code: number, at: At): Step {
    if (code === COMMAND.processDependency) return { done: this.#process(ways, at), missed: [] };
    if (code === COMMAND.swap) return all(ways, (way) => swapped(way, at));
    const content = CONTENTS.get(code);
    if (content === undefined) return { done: ways, missed: [] };
    return all(ways, (way) => {
      const parameters = parametersOf(way, nameAt(at));
      if (code === COMMAND.fetch) this.#noteDependency(parameters, at);
      return this.#put(way, nameAt(at), content(way, parameters, at), at);
    });
  }

  /** Where it came from is a manifest's, no image's. */
  #noteDependency(parameters: Parameters, { scope, index }: At): void {
    const uri = parameters.get(PARAMETER.uri);
    if (scope.dependencies.has(index) && uri?.form === "text") this.#finds.dependency(uri.text);
  }

  #put(way: Way, component: string, content: Held, { scope, index }: At): Way {
    this.#settle(way.held.get(component));
    return store(way, component, scope.dependencies.has(index) ? {} : content);
  }

  /** Nothing has checked it, and nothing will: it is what it was said to be. */
  #settle(held: Held | undefined): void {
    if (held?.expected !== undefined) this.#finds.payload(held.expected, held.uri);
  }

  /** td: the shared sequence of the dependency, and its sequence of the same name. */
  #process(ways: readonly Way[], at: At): readonly Way[] {
    const { depth } = at.scope;
    if (depth === MAX_NESTED) {
      throw new TrustError("release.limit", {
        what: "manifests inside each other",
        found: depth + 1,
        limit: MAX_NESTED,
      });
    }
    const after = ways.flatMap((way) => {
      const value = parametersOf(way, nameAt(at)).get(PARAMETER.imageDigest);
      const digest = value?.form === "digest" ? toHex(value.digest.bytes) : "";
      const below = this.#finds.below(digest, at.scope, at.index);
      return below === undefined ? [way] : this.#section([way], at.frame.section, below);
    });
    return this.#bounded(after);
  }
}

interface At extends Place {
  readonly scope: Scope;
  readonly frame: Frame;
}

const all = (ways: readonly Way[], change: (way: Way) => Way): Step => ({ done: ways.map(change), missed: [] });

/** Conditions about what a component holds: a new content has new answers. */
const HELD: readonly number[] = [COMMAND.checkContent, COMMAND.version, COMMAND.dependencyIntegrity];

/** §6.5, um: for which components a command is run; what chooses them itself runs for each of those that it names. */
function chosen({ code, argument }: Command, { index }: Frame, { dependencies, components }: Scope): readonly number[] {
  if (argument.kind === "index" || argument.kind === "multiple") return [];
  const isEach = index.length === components.length && index.length > 1;
  return isEach && code === COMMAND.processDependency ? index.filter((one) => dependencies.has(one)) : index;
}
