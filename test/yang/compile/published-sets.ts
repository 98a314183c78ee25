/** Where published modules may lie on this machine: sets of modules that are closed under import. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export interface PublishedSet {
  readonly name: string;
  readonly folders: readonly string[];
  /** yanglint can print it with these features; it loads no module anew that it has built in. */
  readonly yanglint: readonly ("all" | "no")[];
  /** yanglint 2.1.30 crashes when it prints annotations (RFC 7952). */
  readonly crashing: readonly string[];
  /** What is in the folders and no YANG, by the word of pyang and yanglint too. */
  readonly broken: Readonly<Record<string, string>>;
}

const PEERS = process.env["INTEROP_PEERS"] ?? join(homedir(), ".cache", "sidgate-peers");
const PYANG_MODULES = join(PEERS, "pyang", "share", "yang", "modules");

export const SETS: readonly PublishedSet[] = [
  {
    name: "modules of IETF and IANA in ../shared/yang",
    folders: [fileURLToPath(new URL("../../../../shared/yang", import.meta.url))],
    yanglint: ["all", "no"],
    crashing: [],
    broken: {},
  },
  {
    name: "modules that come with pyang",
    folders: [join(PYANG_MODULES, "ietf"), join(PYANG_MODULES, "iana")],
    // Without features it refuses an enumeration of ietf-nat that is left without values.
    yanglint: ["all"],
    crashing: ["ietf-origin.yang", "ietf-netconf.yang", "ietf-netconf-with-defaults.yang"],
    broken: {},
  },
  {
    name: "modules that come with libyang",
    folders: ["/usr/share/yang/modules/libyang"],
    yanglint: [],
    crashing: [],
    broken: {},
  },
  {
    name: "modules that come with yang-js",
    folders: [fileURLToPath(new URL("../../../node_modules/yang-js/schema", import.meta.url))],
    yanglint: [],
    crashing: [],
    broken: {
      "yang-graph-query.yang": "'module yang-graph-query' needs a 'namespace' statement",
      "yang-meta-types.yang": "this is no regular expression of XML Schema",
    },
  },
];

export interface PublishedFile {
  readonly file: string;
  readonly text: string;
}

export const isThere = ({ folders }: PublishedSet): boolean => folders.every((folder) => existsSync(folder));

/** All YANG files of a set; none when its folders are not there. */
export const filesOf = (set: PublishedSet): readonly PublishedFile[] =>
  (isThere(set) ? set.folders : []).flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => name.endsWith(".yang"))
      .map((name) => ({ file: join(folder, name), text: readFileSync(join(folder, name), "utf8") })),
  );
