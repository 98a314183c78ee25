/**
 * An organisation's registry of SID ranges (RFC 9595 §6.3.2 asks for one of whoever manages a mega-range): the blocks it
 * was given, and which module has which part of them.
 */
import { z } from "zod";
import { UsageError } from "../../base/index.ts";
import { overlap, type SidRange, shownRange } from "./sid-file.ts";

export interface RegisteredRange extends SidRange {
  readonly module: string;
  readonly owner?: string | undefined;
  readonly comment?: string | undefined;
}

export interface Registry {
  readonly file: string;
  readonly organisation?: string | undefined;
  /** What there is to give out. */
  readonly blocks: readonly SidRange[];
  readonly ranges: readonly RegisteredRange[];
}

const SID = z.number().int().positive().max(Number.MAX_SAFE_INTEGER);
const RANGE = z.strictObject({ "entry-point": SID, size: SID });
const REGISTRY = z.strictObject({
  organisation: z.string().optional(),
  blocks: z.array(RANGE),
  ranges: z.array(RANGE.extend({ module: z.string(), owner: z.string().optional(), comment: z.string().optional() })),
});

/** Throws UsageError `yang.sid-registry`, `yang.sid-taken`. */
export function readRegistry(text: string, file: string): Registry {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new UsageError("yang.sid-registry", { file, what: error instanceof Error ? error.message : "not JSON" });
  }
  const read = REGISTRY.safeParse(json);
  if (!read.success) {
    const [issue] = read.error.issues;
    throw new UsageError("yang.sid-registry", {
      file,
      what: `${issue?.path.join("/") ?? ""}: ${issue?.message ?? ""}`,
    });
  }
  const { organisation, blocks, ranges } = read.data;
  const empty: Registry = {
    file,
    organisation,
    blocks: blocks.map((block) => ({ entryPoint: block["entry-point"], size: block.size })),
    ranges: [],
  };
  return ranges.reduce(
    (registry, { "entry-point": entryPoint, ...rest }) => withRange(registry, { entryPoint, ...rest }),
    empty,
  );
}

export const registryText = ({ organisation, blocks, ranges }: Registry): string =>
  `${JSON.stringify(
    {
      organisation,
      blocks: blocks.map(({ entryPoint, size }) => ({ "entry-point": entryPoint, size })),
      ranges: [...ranges]
        .sort((a, b) => a.entryPoint - b.entryPoint)
        .map(({ module, entryPoint, size, owner, comment }) => ({
          module,
          "entry-point": entryPoint,
          size,
          owner,
          comment,
        })),
    },
    undefined,
    2,
  )}\n`;

export const rangesOf = ({ ranges }: Registry, module: string): readonly RegisteredRange[] =>
  ranges.filter((range) => range.module === module);

/** Does the registry give the module this range, or one around it? */
export const holds = (registry: Registry, module: string, range: SidRange): boolean =>
  rangesOf(registry, module).some((each) => covers(each, range));

const covers = (outer: SidRange, inner: SidRange): boolean =>
  inner.entryPoint >= outer.entryPoint && inner.entryPoint + inner.size <= outer.entryPoint + outer.size;

/** Another module's range that this one would run into. */
export const taken = ({ ranges }: Registry, module: string, range: SidRange): RegisteredRange | undefined =>
  ranges.find((each) => each.module !== module && overlap(each, range));

/** The registry with one range more. Throws UsageError `yang.sid-taken`, `yang.sid-registry`. */
export function withRange(registry: Registry, range: RegisteredRange): Registry {
  const { file, blocks, ranges } = registry;
  const { module } = range;
  const other = ranges.find((each) => overlap(each, range));
  if (other) {
    const otherRange = shownRange(other);
    throw new UsageError("yang.sid-taken", { file, range: shownRange(range), module, otherRange, other: other.module });
  }
  if (!blocks.some((block) => covers(block, range))) {
    throw new UsageError("yang.sid-registry", {
      file,
      what: `${shownRange(range)} of ${module} lies in none of its blocks`,
    });
  }
  return { ...registry, ranges: [...ranges, range] };
}

/** Ranges begin at multiples of this, as their sizes are (RFC 9595 §6.4.2). */
const STEP = 50;

/** The first free range of a size, lowest block first. Throws UsageError `yang.sid-no-room`. */
export function nextRange({ file, blocks, ranges }: Registry, size: number): SidRange {
  for (const block of [...blocks].sort((a, b) => a.entryPoint - b.entryPoint)) {
    const end = block.entryPoint + block.size;
    let entryPoint = block.entryPoint;
    while (entryPoint + size <= end) {
      const range = { entryPoint, size };
      const other = ranges.find((each) => overlap(each, range));
      if (other === undefined) return range;
      entryPoint = Math.ceil((other.entryPoint + other.size) / STEP) * STEP;
    }
  }
  throw new UsageError("yang.sid-no-room", { file, size });
}
