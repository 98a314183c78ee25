/** One way through a manifest: what is set for each component, what was found to hold on it, what lies where. Never changed in place. */
import { toHex } from "../../../base/index.ts";
import { encodeParameter, PARAMETER, type Parameters, type ParameterValue, SHA_256 } from "../../../wire/suit/index.ts";

/** Bytes as a manifest names them. */
export interface Named {
  /** SHA-256, hex. */
  readonly digest: string;
  readonly size: bigint | undefined;
}

/** What a component holds. */
export interface Held {
  /** Where it was fetched from. */
  readonly uri?: string | undefined;
  /** What it was said to be when it was fetched, as long as nothing has checked it. */
  readonly expected?: Named | undefined;
  /** What an image-match found it to be. */
  readonly known?: Named | undefined;
  /** What it was decrypted from. */
  readonly sealed?: Named | undefined;
}

export interface Way {
  /** By component. */
  readonly parameters: ReadonlyMap<string, Parameters>;
  readonly held: ReadonlyMap<string, Held>;
  /** Conditions that were answered: those about what a component holds begin with `held`. */
  readonly facts: ReadonlyMap<string, boolean>;
}

export const START: Way = { parameters: new Map(), held: new Map(), facts: new Map() };
const NONE: Parameters = new Map();

export const parametersOf = ({ parameters }: Way, component: string): Parameters => parameters.get(component) ?? NONE;

/** td, set-parameters: `isDefault` keeps what is set already. */
export function assign(way: Way, component: string, given: Parameters, isDefault: boolean): Way {
  const own = parametersOf(way, component);
  const next = new Map(isDefault ? [...given, ...own] : [...own, ...given]);
  return { ...way, parameters: new Map(way.parameters).set(component, next) };
}

/** The component holds something else now, of which nothing is known yet. */
export function store(way: Way, component: string, content: Held): Way {
  const gone = heldPrefix(component);
  return {
    ...way,
    held: new Map(way.held).set(component, content),
    facts: new Map([...way.facts].filter(([fact]) => !fact.startsWith(gone))),
  };
}

export const heldPrefix = (component: string): string => `held ${component} `;

export const learn = (way: Way, fact: string, holds: boolean): Way => ({
  ...way,
  facts: new Map(way.facts).set(fact, holds),
});

/** What image-match would compare with now. Images are stored by their SHA-256; of another digest only the node itself knows. */
export function namedNow(parameters: Parameters): Named | undefined {
  const digest = parameters.get(PARAMETER.imageDigest);
  const size = parameters.get(PARAMETER.imageSize);
  if (digest?.form !== "digest" || digest.digest.algorithm !== SHA_256) return undefined;
  return { digest: toHex(digest.digest.bytes), size: size?.form === "uint" ? size.value : undefined };
}

export const shown = (value: ParameterValue | undefined): string => (value ? toHex(encodeParameter(value)) : "");

/** What tells two ways apart whatever was asked on them. */
const TELLING: readonly number[] = [
  PARAMETER.imageDigest,
  PARAMETER.imageSize,
  PARAMETER.uri,
  PARAMETER.useBefore,
  PARAMETER.encryptionInfo,
  PARAMETER.sourceComponent,
];

/**
 * Each way once. When these are too many, those that differ only in what was asked on them become one: it knows what they
 * have in common, so it leads wherever one of them did.
 */
export function distinct(ways: readonly Way[], limit: number): readonly Way[] {
  if (ways.length < 2) return ways;
  const once = new Map(ways.map((way) => [`${telling(way, false)} ${factsOf(way)}`, way]));
  if (once.size <= limit) return [...once.values()];
  const merged = new Map<string, Way>();
  for (const way of once.values()) {
    const key = telling(way, true);
    const known = merged.get(key);
    merged.set(key, known === undefined ? way : common(known, way));
  }
  return [...merged.values()];
}

const factsOf = ({ facts }: Way): string => JSON.stringify([...facts].sort());

function telling({ parameters, held }: Way, onlyTelling: boolean): string {
  const set = [...parameters].map(([component, values]) => [
    component,
    [...values]
      .filter(([key]) => !onlyTelling || TELLING.includes(key))
      .map(([key, value]) => `${key} ${shown(value)}`)
      .sort(),
  ]);
  return JSON.stringify([set.sort(byName), [...held].sort(byName)], (_key, value: unknown) =>
    typeof value === "bigint" ? String(value) : value,
  );
}

const byName = ([a]: readonly unknown[], [b]: readonly unknown[]): number => (String(a) < String(b) ? -1 : 1);

/** What both have: a condition on what only one of them has set is open again. */
const common = (a: Way, b: Way): Way => ({
  held: a.held,
  facts: new Map([...a.facts].filter(([fact, holds]) => b.facts.get(fact) === holds)),
  parameters: new Map(
    [...a.parameters].map(([component, values]) => {
      const theirs = parametersOf(b, component);
      return [component, new Map([...values].filter(([key, value]) => shown(theirs.get(key)) === shown(value)))];
    }),
  ),
});
