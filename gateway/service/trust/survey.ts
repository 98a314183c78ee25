/**
 * suit-manifest-37 §8.4.8 — what a manifest says whatever device runs it: for whom it is, which bytes it vouches for, until
 * when. Its commands are walked once without running any: where arms differ, each of them counts.
 */
import { TrustError, toHex } from "../../base/index.ts";
import type { ReleasePayload } from "../../store/index.ts";
import {
  COMMAND,
  type Command,
  type ComponentIndex,
  type Manifest,
  PARAMETER,
  type Parameters,
  parametersIn,
  SEQUENCES,
  type Sequence,
  type SequenceName,
  SHA_256,
  type Whole,
} from "../../wire/suit/index.ts";
import { componentPath, identifierName, type ReleaseScope } from "./rights.ts";

export interface Survey extends ReleaseScope {
  readonly payloads: readonly ReleasePayload[];
  /** URIs of dependencies: manifests, no images. */
  readonly dependencies: ReadonlySet<string>;
  /** um: seconds since 1970; a condition that no arm of a try-each makes optional. */
  readonly useBefore: bigint | undefined;
}

/** What may be set for a component at one point: one entry per way that leads there. */
type Ways = readonly Parameters[];
interface Walk {
  readonly components: ReadonlyArray<{ ways: Ways; readonly isDependency: boolean }>;
  readonly payloads: Map<string, ReleasePayload>;
  readonly dependencies: Set<string>;
  index: readonly number[];
  /** Inside an arm that may be left for another one. */
  optional: boolean;
  useBefore: bigint | undefined;
}

const MAX_WAYS = 64;
const ALWAYS = (components: number): readonly number[] => Array.from({ length: components }, (_, index) => index);

/** Throws TrustError `release.limit`. */
export function surveyManifest(manifest: Manifest, { sequences }: Whole): Survey {
  const { components, dependencies, shared } = manifest.common;
  const walk: Walk = {
    components: components.map((_, index) => ({ ways: [new Map()], isDependency: dependencies.has(index) })),
    payloads: new Map(),
    dependencies: new Set(),
    index: [0],
    optional: false,
    useBefore: undefined,
  };
  // §6.4: the shared sequence runs before each of the others, which go on where the former ended. A URI belongs to the fetches
  // of its own section: what the shared sequence sets anew is not what was fetched from there.
  for (const name of inOrder(sequences)) {
    for (const sequence of [shared, sequences.get(name)!]) {
      walk.index = components.length > 0 ? [0] : [];
      walkSequence(sequence, walk);
    }
    for (const component of walk.components) component.ways = distinct(component.ways.map(withoutUri));
  }
  if (sequences.size === 0) walkSequence(shared, walk);
  const all = [...parametersIn([shared, ...sequences.values()])];
  const own = manifest.componentId === undefined ? [] : [manifest.componentId];
  return {
    vendors: namesOf(all, PARAMETER.vendorIdentifier),
    classes: namesOf(all, PARAMETER.classIdentifier),
    components: [...components, ...own].map(componentPath),
    payloads: [...walk.payloads.values()],
    dependencies: walk.dependencies,
    useBefore: walk.useBefore,
  };
}

const withoutUri = (way: Parameters): Parameters => new Map([...way].filter(([key]) => key !== PARAMETER.uri));

const inOrder = (sequences: Whole["sequences"]): readonly SequenceName[] =>
  (Object.keys(SEQUENCES) as SequenceName[]).filter((name) => sequences.has(name));

function namesOf(all: readonly Parameters[], key: number): readonly string[] {
  const names = all.flatMap((parameters) => {
    const value = parameters.get(key);
    return value?.form === "identifier" ? [identifierName(value)] : [];
  });
  return [...new Set(names)].sort();
}

function walkSequence({ commands }: Sequence, walk: Walk): void {
  for (const command of commands) walkCommand(command, walk);
}

function walkCommand({ code, argument }: Command, walk: Walk): void {
  switch (argument.kind) {
    case "index":
      walk.index = indices(argument.index, walk);
      break;
    case "parameters":
      // td: set-parameters sets only what is not set yet.
      for (const index of walk.index) set(walk, index, argument.parameters, code === COMMAND.setParameters);
      break;
    case "multiple":
      for (const [index, parameters] of argument.byIndex) set(walk, index, parameters, false);
      break;
    case "copy-params":
      for (const [source, keys] of argument.bySource) copyParameters(walk, source, keys);
      break;
    case "sequence":
      walkSequence(argument.sequence, walk);
      break;
    case "try-each":
      walkArms(argument.arms, walk);
      break;
    case "policy":
      note(code, walk);
      break;
    case "custom":
      break;
  }
}

const indices = (index: ComponentIndex, { components }: Walk): readonly number[] => {
  if (index === true) return ALWAYS(components.length);
  return typeof index === "number" ? [index] : index;
};

function set({ components }: Walk, index: number, parameters: Parameters, isDefault: boolean): void {
  const component = components[index];
  if (component === undefined) return;
  const { ways } = component;
  component.ways = distinct(ways.map((way) => new Map(isDefault ? [...parameters, ...way] : [...way, ...parameters])));
}

function copyParameters(walk: Walk, source: number, keys: readonly number[]): void {
  const from = walk.components[source]?.ways ?? [];
  for (const index of walk.index) {
    const component = walk.components[index];
    if (component === undefined) continue;
    component.ways = distinct(
      component.ways.flatMap((way) =>
        from.map((values) => new Map([...way, ...[...values].filter(([key]) => keys.includes(key))])),
      ),
    );
  }
}

/** Each arm begins with what stood before it, and what follows may find what any of them left behind. */
function walkArms(arms: ReadonlyArray<Sequence | undefined>, walk: Walk): void {
  const before = walk.components.map(({ ways }) => ways);
  const { index, optional } = walk;
  const after = before.map((): Parameters[] => []);
  walk.optional = true;
  for (const arm of arms) {
    for (const [at, component] of walk.components.entries()) component.ways = before[at]!;
    walk.index = index;
    if (arm !== undefined) walkSequence(arm, walk);
    for (const [at, component] of walk.components.entries()) after[at]!.push(...component.ways);
  }
  for (const [at, component] of walk.components.entries()) component.ways = distinct(after[at]!);
  walk.index = index;
  walk.optional = optional;
}

/** Only by what matters here: the rest would double the ways without a gain. */
const KEYS = [PARAMETER.imageDigest, PARAMETER.imageSize, PARAMETER.uri, PARAMETER.useBefore];

function distinct(ways: Ways): Ways {
  const found = new Map(ways.map((way) => [KEYS.map((key) => shown(way, key)).join("\n"), way]));
  if (found.size > MAX_WAYS) {
    throw new TrustError("release.limit", { what: "ways through a manifest", found: found.size, limit: MAX_WAYS });
  }
  return [...found.values()];
}

function shown(way: Parameters, key: number): string {
  const value = way.get(key);
  if (value?.form === "digest") return toHex(value.digest.bytes);
  if (value?.form === "uint") return String(value.value);
  return value?.form === "text" ? value.text : "";
}

/** At a fetch the address is known, at an image-match at last the digest. */
function note(code: number, walk: Walk): void {
  for (const index of walk.index) {
    const component = walk.components[index];
    if (component === undefined) continue;
    if (code === COMMAND.useBefore && !walk.optional) noteExpiry(component.ways, walk);
    if (code !== COMMAND.fetch && code !== COMMAND.imageMatch) continue;
    for (const way of component.ways) notePayload(way, component.isDependency, walk);
  }
}

function noteExpiry(ways: Ways, walk: Walk): void {
  for (const way of ways) {
    const value = way.get(PARAMETER.useBefore);
    if (value?.form !== "uint") continue;
    if (walk.useBefore === undefined || value.value < walk.useBefore) walk.useBefore = value.value;
  }
}

function notePayload(way: Parameters, isDependency: boolean, { payloads, dependencies }: Walk): void {
  const digest = way.get(PARAMETER.imageDigest);
  const size = way.get(PARAMETER.imageSize);
  const uri = way.get(PARAMETER.uri);
  if (isDependency) {
    if (uri?.form === "text") dependencies.add(uri.text);
    return;
  }
  // Images are stored by their SHA-256; what has another digest only the node itself can check.
  if (digest?.form !== "digest" || digest.digest.algorithm !== SHA_256) return;
  const payload = {
    digest: toHex(digest.digest.bytes),
    ...(size?.form === "uint" ? { size: Number(size.value) } : {}),
    ...(uri?.form === "text" ? { uri: uri.text } : {}),
  };
  const bare = `${payload.digest} ${payload.size ?? ""} `;
  if (payload.uri === undefined) {
    if (![...payloads.keys()].some((key) => key.startsWith(bare))) payloads.set(bare, payload);
    return;
  }
  payloads.delete(bare);
  payloads.set(`${bare}${payload.uri}`, payload);
}
