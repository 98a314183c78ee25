/**
 * Asks before any radio time is spent whether a release will be carried out. Nodes of one kind told the same, so an answer is
 * made once for all of them and serves until something in it changes: the release, what is stored here, or the time.
 */
import { type Clock, RecentMap, toHex } from "../../../base/index.ts";
import type { Digest } from "../../../store/index.ts";
import { SHA_256 } from "../../../wire/suit/index.ts";
import type { ReportedSuit } from "../../registry/index.ts";
import { chooseRelease } from "../offers/choose.ts";
import type { Prognosis, Program, StoredImage } from "../processor/index.ts";
import type { ReleasePrograms } from "../programs.ts";
import type { ReleaseInfo, Releases } from "../releases.ts";
import { foresee, steadyAround, turningPoints } from "./foresee.ts";
import { viewOf } from "./view.ts";

export interface ForesightOptions {
  readonly releases: Pick<Releases, "of">;
  readonly programs: ReleasePrograms;
  /** Images whose bytes are here. */
  readonly images: { stored(digest: Digest): { readonly size: number } | undefined };
  readonly clock: Pick<Clock, "now">;
  readonly quality: { readonly synchronised: boolean };
}

interface Answer {
  readonly of: Program;
  readonly stored: string;
  /** In seconds; undefined = made without a clock. */
  readonly steady: { readonly from: bigint; readonly until: bigint | undefined } | undefined;
  readonly prognosis: Prognosis;
}

/** States in which nodes of a fleet are. */
const ANSWERS = 512;

export class Foresight {
  readonly #options: ForesightOptions;
  readonly #answers = new RecentMap<string, Answer>(ANSWERS);

  constructor(options: ForesightOptions) {
    this.#options = options;
  }

  /** undefined = nothing can be said: the release is withdrawn, or speaks a dialect that is not processed here. */
  foresee(release: ReleaseInfo, told: ReportedSuit): Prognosis | undefined {
    const program = this.#options.programs.of(release);
    if (program === undefined) return undefined;
    const time = this.#time();
    const stored = release.payloads.map(({ digest }) => (this.#options.images.stored(digest) ? "1" : "0")).join("");
    const key = `${release.id} ${stateOf(told)}`;
    const known = this.#answers.get(key);
    if (known !== undefined && holds(known, program, stored, time)) return known.prognosis;
    const view = viewOf(told, { time, imageAt: (uri) => this.#imageAt(uri, release) });
    const prognosis = foresee({ program, installed: told.sequence, view });
    const steady = time === undefined ? undefined : steadyAround(turningPoints(program), time);
    this.#answers.set(key, { of: program, stored, steady, prognosis });
    return prognosis;
  }

  /** Why a node that told this would not carry out the release that it gets with the image; undefined = it may. */
  obstacle(image: Digest, told: ReportedSuit | undefined): string | undefined {
    const releases = told === undefined ? [] : this.#options.releases.of(image);
    if (told === undefined || releases.length === 0) return undefined;
    const release = chooseRelease(releases, told);
    if (release === undefined) return "will fail: no release that names the image is for its vendor and class";
    const prognosis = this.foresee(release, told);
    if (prognosis === undefined) return undefined;
    return prognosis.verdict === "fails" ? prognosis.sentence : otherImage(image, release, prognosis);
  }

  #time(): bigint | undefined {
    const { clock, quality } = this.#options;
    return quality.synchronised ? BigInt(Math.floor(clock.now() / 1000)) : undefined;
  }

  /** What the release itself says lies there, once that is stored; of several things under one URI nobody knows which. */
  #imageAt(uri: string, { payloads }: ReleaseInfo): StoredImage | undefined {
    const [digest, other] = new Set(payloads.filter((payload) => payload.uri === uri).map((payload) => payload.digest));
    if (digest === undefined || other !== undefined) return undefined;
    const stored = this.#options.images.stored(digest);
    if (stored === undefined) return undefined;
    const bytes = new Uint8Array(Buffer.from(digest, "hex"));
    return { size: BigInt(stored.size), digest: { algorithm: SHA_256, bytes } };
  }
}

/** A/B images: a node takes that of its slot. Offered the other one, it would refuse what it fetches. */
function otherImage(image: Digest, { payloads }: ReleaseInfo, { courses, complete }: Prognosis): string | undefined {
  const uris = new Set(payloads.flatMap(({ digest, uri }) => (digest === image && uri !== undefined ? [uri] : [])));
  const going = courses.filter(({ outcome }) => outcome.result === "done");
  const takesIt = going.some(
    ({ fetches, components }) =>
      fetches.length === 0 ||
      fetches.some(({ uri }) => uris.has(uri)) ||
      components.some(({ digest }) => digest !== undefined && toHex(digest.bytes) === image),
  );
  if (takesIt || !complete || going.length === 0) return undefined;
  const [other] = going[0]?.fetches ?? [];
  return `takes another image of this release: ${other?.uri ?? "none"}`;
}

function holds({ of, stored, steady }: Answer, program: Program, storedNow: string, now: bigint | undefined): boolean {
  if (of !== program || stored !== storedNow) return false;
  if (steady === undefined || now === undefined) return steady === now;
  return now >= steady.from && (steady.until === undefined || now < steady.until);
}

/** All that a dry run sees of a node, as text. */
function stateOf({ vendor, class: ofClass, sequence, capabilities, components }: ReportedSuit): string {
  const hex = (bytes: Uint8Array | undefined): string => (bytes === undefined ? "-" : toHex(bytes));
  const parts = components.map(({ id, digest, size, version, slot, capacity }) => [
    hex(id),
    digest ?? null,
    size ?? null,
    version ?? null,
    slot ?? null,
    capacity ?? null,
  ]);
  return JSON.stringify([hex(vendor), hex(ofClass), String(sequence), hex(capabilities), parts]);
}
