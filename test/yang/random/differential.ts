/**
 * Our verdicts against those of yanglint: random documents, the same with all taken away that we find fault with (which
 * yanglint has to accept), and those with one small change.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { compile } from "../../../gateway/yang/compile/compile.ts";
import { openSchema } from "../../../gateway/yang/compile/open-schema.ts";
import { openParser } from "../../../gateway/yang/parse/parser.ts";
import type { Schema } from "../../../gateway/yang/schema.ts";
import type { Dice } from "../../fuzz/dice.ts";
import { ANNEX_YANG, ZOO_YANG } from "../../fuzz/yang/zoo.ts";
import { change } from "./change-of.ts";
import { type Members, RandomDocuments } from "./document-of.ts";
import { prune } from "./places.ts";
import { faultOf, repair } from "./repair.ts";
import { lint } from "./yanglint.ts";

/** A schema that both have compiled from the same files. */
export interface Site {
  readonly schema: Schema;
  readonly modules: readonly string[];
  readonly searchPath: readonly string[];
}

export interface Comparison {
  readonly documents: number;
  readonly accepted: number;
  readonly crashes: number;
  /** Where the two differ: the document and what each says. */
  readonly disagreements: readonly string[];
}

export const PUBLISHED = "/work/shared/yang";
/** Those with the most constraints, and what they need. */
const CONSTRAINED =
  "ietf-interfaces ietf-ip iana-if-type ietf-system iana-crypt-hash ietf-netconf-acm ietf-alarms ietf-routing ietf-ntp " +
  "ietf-access-control-list ietf-hardware iana-hardware ietf-key-chain ietf-schc ietf-network-instance " +
  "ietf-subscribed-notifications ietf-yang-push ietf-yang-library ietf-datastores";
/** libyang has these in itself, in the revision of yang-js and not in that of the folder. */
const BUILT_IN = ["ietf-inet-types", "ietf-yang-types"];

/** Our module of all types. */
export function zooSite(folder: string): Promise<Site> {
  const models = join(folder, "zoo");
  mkdirSync(models, { recursive: true });
  writeFileSync(join(models, "zoo.yang"), ZOO_YANG);
  writeFileSync(join(models, "annex.yang"), ANNEX_YANG);
  return siteOf([models], ["zoo", "annex"]);
}

/** The modules that come with the gateway. */
export const ownSite = (models: string): Promise<Site> =>
  siteOf([models], ["sidgate-access", "sidgate-building", "sidgate-firmware", "sidgate-gateway", "sidgate-node"]);

/** Published modules; undefined where they are not. */
export async function publishedSite(): Promise<Site | undefined> {
  return existsSync(PUBLISHED) ? siteOf([PUBLISHED], CONSTRAINED.split(" ")) : undefined;
}

export async function siteOf(searchPath: readonly string[], modules: readonly string[]): Promise<Site> {
  const parse = await openParser();
  const library = join(dirname(createRequire(import.meta.url).resolve("yang-js/package.json")), "schema");
  const files = searchPath.flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => name.endsWith(".yang") && !BUILT_IN.includes(name.replace(/(@.*)?\.yang$/, "")))
      .map((name) => join(folder, name)),
  );
  const all = [...files, ...BUILT_IN.map((name) => join(library, `${name}.yang`))];
  const roots = all.map((file) => parse(readFileSync(file, "utf8"), file));
  const find = (name: string) => roots.find(({ argument }) => argument === name);
  const { image } = compile({ implemented: modules.flatMap((name) => find(name) ?? []), find });
  return { schema: openSchema(image), modules, searchPath };
}

export interface ComparisonOptions {
  /** Where files may be written. */
  readonly folder: string;
  readonly count: number;
  readonly dice: Dice;
  /** data: state too, and as complete as configuration. */
  readonly type: "config" | "data";
}

const SIZE = 30;
const RAW_SHARE = 0.1;

export function compareWithYanglint(site: Site, options: ComparisonOptions): Comparison {
  const { dice, type, folder } = options;
  const { schema } = site;
  const complete = type === "data";
  const rows = documentsOf(site, options);
  const verdicts = lint(
    rows.map(([, document]) => JSON.stringify(document)),
    { ...site, folder, type },
  );
  const disagreements: string[] = [];
  for (const [i, [origin, document]] of rows.entries()) {
    const { accepted, words } = verdicts[i] ?? { accepted: undefined, words: "" };
    const fault = faultOf(document, schema, complete);
    if (accepted === undefined || accepted === (fault === undefined)) continue;
    const ours = fault === undefined ? "we accept" : `we: ${fault.words}`;
    disagreements.push(
      `${origin}; ${ours}; ${accepted ? "they accept" : `they: ${words}`}\n  ${JSON.stringify(document)}`,
    );
  }
  const count = (verdict: boolean | undefined): number =>
    verdicts.filter(({ accepted }) => accepted === verdict).length;
  return { documents: rows.length, accepted: count(true), crashes: count(undefined), disagreements };

  function documentsOf(
    { schema: each }: Site,
    { count: wanted }: ComparisonOptions,
  ): ReadonlyArray<readonly [string, Members]> {
    const documents = new RandomDocuments(each, dice, { state: complete, size: SIZE });
    const made: Array<readonly [string, Members]> = [];
    const keep = (origin: string, document: Members): void => {
      const copy = JSON.parse(JSON.stringify(document)) as Members;
      prune(copy, each);
      made.push([origin, copy]);
    };
    while (made.length < wanted) {
      const document = documents.next();
      if (dice.chance(RAW_SHARE)) keep("as it came", document);
      if (!repair(document, each, complete)) continue;
      keep("repaired", document);
      keep(change(document, each, { dice, documents }), document);
    }
    return made;
  }
}
