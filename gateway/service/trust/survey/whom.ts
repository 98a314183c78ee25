/**
 * suit-manifest-37 §8.4.9.1 — does every device that is touched answer for its vendor and its class first? A parameter that no
 * condition compares keeps nobody out, and neither does a condition that may fail and be passed over.
 */
import {
  COMMAND,
  COMMANDS,
  type Command,
  PARAMETER,
  type Sequence,
  type SequenceName,
} from "../../../wire/suit/index.ts";
import type { Identity } from "../rights.ts";

const CONDITIONS: ReadonlyMap<Identity, number> = new Map([
  ["vendor", COMMAND.vendorIdentifier],
  ["class", COMMAND.classIdentifier],
]);

/** Has everybody been asked who comes to this place? undefined = nobody comes. */
type Asked = boolean | undefined;
const both = (one: Asked, other: Asked): Asked => (one === undefined ? other : one && (other ?? true));

interface Ends {
  readonly done: Asked;
  /** Failed softly: the next alternative follows. */
  readonly soft: Asked;
  readonly failed: Asked;
}
interface Step {
  readonly done: Asked;
  readonly missed: Asked;
}

/** What some device is not asked for before a directive touches it, or ever. */
export function unaskedOf(
  shared: Sequence,
  sequences: ReadonlyMap<SequenceName, Sequence>,
  procedures: ReadonlyArray<readonly SequenceName[]>,
): readonly Identity[] {
  const passes = procedures.map((names) => names.flatMap((name) => sequences.get(name) ?? []));
  return [...CONDITIONS]
    .filter(([, code]) => passes.some((pass) => pass.length > 0 && new Questions(code).isOpen(shared, pass)))
    .map(([identity]) => identity);
}

class Questions {
  readonly #condition: number;
  #hasTouched = false;

  constructor(condition: number) {
    this.#condition = condition;
  }

  isOpen(shared: Sequence, sequences: readonly Sequence[]): boolean {
    const live = sequences
      .flatMap((one) => [shared, one])
      .reduce<Asked>((asked, one) => this.#sequence(one, asked, false).done, false);
    return this.#hasTouched || live === false;
  }

  #sequence({ commands }: Sequence, asked: Asked, softFailure: boolean): Ends {
    let live = asked;
    let isSoft = softFailure;
    let soft: Asked;
    let failed: Asked;
    for (const command of commands) {
      if (live === undefined) break;
      const { done, missed } = this.#command(command, live);
      live = done;
      if (isSoft) soft = both(soft, missed);
      else failed = both(failed, missed);
      isSoft = setsSoft(command) ?? isSoft;
    }
    return { done: live, soft, failed };
  }

  #command({ code, argument }: Command, live: boolean): Step {
    switch (argument.kind) {
      case "sequence": {
        const { done, soft, failed } = this.#sequence(argument.sequence, live, false);
        return { done: both(done, soft), missed: failed };
      }
      case "try-each":
        return this.#arms(argument.arms, live);
      case "custom": // nobody here knows what it does
        this.#hasTouched ||= !live;
        return { done: live, missed: live };
      case "policy":
        if (COMMANDS.get(code)?.kind === "condition") {
          return { done: code === COMMAND.abort ? undefined : live || code === this.#condition, missed: live };
        }
        this.#hasTouched ||= !live; // §8.4.10: one that fails ends everything
        return { done: live, missed: undefined };
      default:
        return { done: live, missed: undefined };
    }
  }

  #arms(arms: ReadonlyArray<Sequence | undefined>, live: boolean): Step {
    let waiting: Asked = live;
    let done: Asked;
    let failed: Asked;
    for (const arm of arms) {
      if (waiting === undefined) break;
      if (arm === undefined) return { done: both(done, waiting), missed: failed };
      const ends = this.#sequence(arm, waiting, true);
      done = both(done, ends.done);
      failed = both(failed, ends.failed);
      waiting = ends.soft;
    }
    return { done, missed: both(failed, waiting) };
  }
}

function setsSoft({ argument }: Command): boolean | undefined {
  const value = argument.kind === "parameters" ? argument.parameters.get(PARAMETER.softFailure) : undefined;
  return value?.form === "bool" ? value.value : undefined;
}
