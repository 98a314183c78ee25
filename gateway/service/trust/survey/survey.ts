/**
 * suit-manifest-37 §8.4.8 — what a manifest says whatever device runs it: for whom it is, which bytes it vouches for, until
 * when. Its commands are walked along every way that a device may take, without running any.
 */
import type { ReleasePayload } from "../../../store/index.ts";
import {
  type ComponentId,
  type Manifest,
  PARAMETER,
  type Parameters,
  parametersIn,
  type SequenceName,
  type Whole,
} from "../../../wire/suit/index.ts";
import { componentPath, identifierName, type TouchedScope } from "../rights.ts";
import { groupsOf } from "./groups.ts";
import { type Finds, type Scope, Walk } from "./walk.ts";
import type { Named } from "./way.ts";
import { unaskedOf } from "./whom.ts";

export interface Survey extends TouchedScope {
  readonly payloads: readonly ReleasePayload[];
  /** URIs of dependencies: manifests, no images. */
  readonly dependencies: ReadonlySet<string>;
  /** td: the manifests that are processed below it, each with what it touches there. */
  readonly below: readonly BelowScope[];
  /** um: seconds since 1970; a condition that no arm of a try-each makes optional. */
  readonly useBefore: bigint | undefined;
}

/** A manifest that was opened. */
export interface OpenManifest {
  /** Its digest, hex. */
  readonly release: string;
  readonly manifest: Manifest;
  readonly whole: Whole;
}

/** A dependency where it is processed: its components stand below the prefix that the manifest above gives them. */
export interface BelowScope extends TouchedScope {
  readonly release: string;
  /** Of the manifest that processes it. */
  readonly by: string;
}

/** As the processor has them (§6.4, §6.5); uninstall stands for itself. */
const PROCEDURES: ReadonlyArray<readonly SequenceName[]> = [
  ["dependencyResolution", "payloadFetch", "candidateVerification", "install"],
  ["validate", "load", "invoke"],
  ["uninstall"],
];

/** `open`: a dependency that came along, by the digest of its manifest. Throws TrustError `release.limit`. */
export function surveyManifest(
  root: OpenManifest,
  open: (digest: string) => OpenManifest | undefined = () => undefined,
): Survey {
  const finds = new Found(root, open);
  const scope = scopeOf(root, [], 1);
  finds.of.set(scope, root);
  const { common } = root.manifest;
  for (const group of groupsOf(common.components.length, [common.shared, ...scope.sequences.values()])) {
    const mine = new Set([...group].map((index) => scope.components[index]));
    const hasBelow = mine.size === scope.components.length;
    new Walk(finds, hasBelow ? () => true : (name) => mine.has(name)).procedures(PROCEDURES, scope);
  }
  return { ...scopeTold(root, [], scope), ...finds.told() };
}

/** A component's name, so that the same one has the same name in every manifest. */
const nameOf = (id: ComponentId): string => componentPath(id).join(".");

function scopeOf(
  { manifest: { common }, whole: { sequences } }: OpenManifest,
  prefix: ComponentId,
  depth: number,
): Scope {
  return {
    shared: common.shared,
    // With everything severed the shared sequence still says something.
    sequences: sequences.size > 0 ? sequences : new Map([["validate", { bytes: new Uint8Array(0), commands: [] }]]),
    components: common.components.map((id) => nameOf([...prefix, ...id])),
    dependencies: new Set(common.dependencies.keys()),
    depth,
  };
}

/** For whom it is and what it touches. The place of the manifest itself counts as a component. */
function scopeTold(
  { manifest: { common, componentId }, whole }: OpenManifest,
  prefix: ComponentId,
  { shared, sequences }: Scope,
): TouchedScope {
  const all = [...parametersIn([common.shared, ...whole.sequences.values()])];
  const own = componentId === undefined ? [] : [componentPath(componentId)];
  return {
    vendors: namesOf(all, PARAMETER.vendorIdentifier),
    classes: namesOf(all, PARAMETER.classIdentifier),
    components: [...common.components.map((id) => componentPath([...prefix, ...id])), ...own],
    unasked: unaskedOf(shared, sequences, PROCEDURES),
  };
}

function namesOf(all: readonly Parameters[], key: number): readonly string[] {
  const names = all.flatMap((parameters) => {
    const value = parameters.get(key);
    return value?.form === "identifier" ? [identifierName(value)] : [];
  });
  return [...new Set(names)].sort();
}

class Found implements Finds {
  readonly of = new Map<Scope, OpenManifest>();
  readonly #root: OpenManifest;
  readonly #open: (digest: string) => OpenManifest | undefined;
  readonly #payloads = new Map<string, { readonly named: Named; readonly uri: string | undefined }>();
  readonly #becomes = new Map<string, Set<string>>();
  readonly #dependencies = new Set<string>();
  readonly #below = new Map<string, BelowScope>();
  #useBefore: bigint | undefined;

  constructor(root: OpenManifest, open: (digest: string) => OpenManifest | undefined) {
    this.#root = root;
    this.#open = open;
  }

  payload(named: Named, uri: string | undefined): void {
    this.#payloads.set(`${named.digest} ${named.size ?? ""} ${uri ?? ""}`, { named, uri });
  }

  becomes(sealed: Named, plain: Named): void {
    this.#becomes.set(sealed.digest, (this.#becomes.get(sealed.digest) ?? new Set()).add(plain.digest));
  }

  dependency(uri: string): void {
    this.#dependencies.add(uri);
  }

  expiry(time: bigint): void {
    if (this.#useBefore === undefined || time < this.#useBefore) this.#useBefore = time;
  }

  below(digest: string, scope: Scope, index: number): Scope | undefined {
    const program = this.#open(digest);
    if (program === undefined) return undefined;
    const above = this.of.get(scope) ?? this.#root;
    const prefix = above.manifest.common.dependencies.get(index)?.prefix ?? [];
    const inner = scopeOf(program, prefix, scope.depth + 1);
    this.of.set(inner, program);
    const told = scopeTold(program, prefix, inner);
    this.#below.set(JSON.stringify([digest, above.release, told.components]), {
      ...told,
      release: digest,
      by: above.release,
    });
    return inner;
  }

  told(): Omit<Survey, keyof TouchedScope> {
    const plain = new Set([...this.#becomes.values()].flatMap((digests) => [...digests]));
    const all = [...this.#payloads.values()];
    const fetched = new Set(all.flatMap(({ named, uri }) => (uri === undefined ? [] : [bare(named)])));
    return {
      // What is here without a fetch is told once, and not at all when it is what something else is decrypted to.
      payloads: all
        .filter(({ named, uri }) => uri !== undefined || !(fetched.has(bare(named)) || plain.has(named.digest)))
        .map((one) => this.#payloadOf(one)),
      dependencies: this.#dependencies,
      below: [...this.#below.values()],
      useBefore: this.#useBefore,
    };
  }

  #payloadOf({
    named: { digest, size },
    uri,
  }: {
    readonly named: Named;
    readonly uri: string | undefined;
  }): ReleasePayload {
    const [becomes, ...others] = this.#becomes.get(digest) ?? [];
    return {
      digest,
      ...(size === undefined ? {} : { size: Number(size) }),
      ...(uri === undefined ? {} : { uri }),
      ...(becomes === undefined || others.length > 0 ? {} : { becomes }),
    };
  }
}

const bare = ({ digest, size }: Named): string => `${digest} ${size ?? ""}`;
