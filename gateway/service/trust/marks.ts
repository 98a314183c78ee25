/**
 * suit-manifest-37 §8.4.2, RFC 9124 §4.2.1 — the highest sequence number that each signer has used for a component of a class
 * of devices. Two copies of these marks are kept: a fold of the journal, and a small file beside the keys. Whichever is lost,
 * the other one still knows how far the numbers went; a mark never sinks.
 */
import { createHash } from "node:crypto";
import { type Logger, TrustError } from "../../base/index.ts";
import type { ReleaseScope } from "./rights.ts";

export interface Mark {
  readonly sequence: bigint;
  /** The release that has this number. */
  readonly release: string;
}
export type Marks = ReadonlyMap<string, Mark>;
export type NamedMark = readonly [name: string, mark: Mark];

export const MARK_LIMITS = {
  /** Of one release: classes times components times signers. */
  "sequence marks of one release": 1024,
  "sequence marks": 65_536,
} as const;

/** Names of the marks that a release moves: `class/component/signer`. */
export function markNames({ classes, components }: ReleaseScope, signers: readonly string[]): readonly string[] {
  const what = "sequence marks of one release";
  const ofClasses = classes.length === 0 ? [""] : classes;
  checkCount(what, ofClasses.length * components.length * signers.length);
  return ofClasses.flatMap((ofClass) =>
    components.flatMap((component) => signers.map((signer) => `${ofClass}/${component.join(".")}/${signer}`)),
  );
}

const signerOf = (name: string): string => name.slice(name.lastIndexOf("/") + 1);

function checkCount(what: keyof typeof MARK_LIMITS, found: number): void {
  const limit = MARK_LIMITS[what];
  if (found > limit) throw new TrustError("release.limit", { what, found, limit });
}

/**
 * No number below the mark, and the number at the mark only for the release that has it. Throws TrustErrors
 * `release.sequence-lower`, `release.sequence-reused`; `nameOf` tells the signer in words.
 */
export function checkSequence(
  { sequence, release }: Mark,
  names: readonly string[],
  of: (name: string) => Mark | undefined,
  nameOf: (signer: string) => string,
): void {
  for (const name of names) {
    const mark = of(name);
    if (mark === undefined || mark.sequence < sequence) continue;
    const [received, signer] = [String(sequence), nameOf(signerOf(name))];
    if (mark.sequence > sequence) {
      throw new TrustError("release.sequence-lower", { received, highest: String(mark.sequence), signer });
    }
    if (mark.release !== release) throw new TrustError("release.sequence-reused", { received, signer });
  }
}

/** The higher one; of equal ones `a`. */
export const higher = (a: Mark | undefined, b: Mark): Mark => (a === undefined || b.sequence > a.sequence ? b : a);

/** Of both copies, per mark. */
export function merged(a: Marks, b: Marks): Map<string, Mark> {
  const all = new Map(a);
  for (const [name, mark] of b) all.set(name, higher(all.get(name), mark));
  return all;
}

/** Those of `a` that are higher than in `b`. */
const above = (a: Marks, b: Marks): readonly NamedMark[] =>
  [...a].filter(([name, { sequence }]) => (b.get(name)?.sequence ?? -1n) < sequence);

const HEAD = "sidgate sequence-marks 1";

/** A head with the SHA-256 of the lines that follow it, one per mark: to be read by people in need, too. */
export function writeMarks(marks: Marks): string {
  const lines = [...marks].map(([name, { sequence, release }]) => `${name} ${sequence} ${release}\n`).sort();
  const body = lines.join("");
  return `${HEAD} ${sumOf(body)}\n${body}`;
}

/** undefined = not what was written. */
export function readMarks(text: string): Marks | undefined {
  const end = text.indexOf("\n") + 1;
  const body = text.slice(end);
  if (text.slice(0, end) !== `${HEAD} ${sumOf(body)}\n`) return undefined;
  return new Map(
    body
      .split("\n")
      .slice(0, -1)
      .map((line) => {
        const [name = "", sequence = "", release = ""] = line.split(" ");
        return [name, { sequence: BigInt(sequence), release }];
      }),
  );
}

const sumOf = (body: string): string => createHash("sha256").update(body).digest("hex");

/** The copy beside the keys. */
export interface MarksCopy {
  /** What it is called in messages. */
  readonly where: string;
  /** undefined = there is none. */
  read(): Promise<string | undefined>;
  /** All or nothing, durable when it resolves. */
  write(text: string): Promise<void>;
}

/** The marks that count: at least as high as each copy ever was. */
export class SequenceMarks {
  readonly #copy: MarksCopy;
  readonly #marks: Map<string, Mark>;

  /** What the journal's copy lacks. */
  readonly missing: readonly NamedMark[];

  private constructor(copy: MarksCopy, filed: Marks, folded: Marks) {
    this.#copy = copy;
    this.#marks = merged(filed, folded);
    this.missing = above(filed, folded);
  }

  /** `folded`: the journal's copy, with every fact in it. Throws StoreError `store.*`. */
  static async open(copy: MarksCopy, folded: Marks, log: Logger): Promise<SequenceMarks> {
    const text = await copy.read();
    const filed = text === undefined ? undefined : readMarks(text);
    const file = copy.where;
    const marks = new SequenceMarks(copy, filed ?? new Map(), folded);
    const behind = above(folded, filed ?? new Map()).length;
    const isDamaged = text !== undefined && filed === undefined;
    if (isDamaged) log.error("marks.file-damaged", { file, known: folded.size });
    else if (behind > 0) log.error("marks.file-behind", { file, marks: behind });
    // A crash between file and journal leaves such a mark too: its release was not accepted, and may come again.
    if (marks.missing.length > 0) log.warn("marks.journal-behind", { file, marks: marks.missing.length });
    if (behind > 0 || isDamaged) await marks.#save();
    return marks;
  }

  get size(): number {
    return this.#marks.size;
  }

  of(name: string): Mark | undefined {
    return this.#marks.get(name);
  }

  /**
   * Moves these marks up, durably, before the fact of the release is recorded: killed in between, numbers are used up and
   * never given twice. They stay up when the write fails, since what is on the disk then is not known.
   */
  async raise(names: readonly string[], mark: Mark): Promise<void> {
    const moving = names.filter((name) => higher(this.of(name), mark) !== this.of(name));
    checkCount("sequence marks", this.size + moving.filter((name) => !this.#marks.has(name)).length);
    for (const name of moving) this.#marks.set(name, mark);
    await this.#save();
  }

  #save(): Promise<void> {
    return this.#copy.write(writeMarks(this.#marks));
  }
}
