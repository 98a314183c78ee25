/** What is asked of modules, .sid files and our tools beside the sections of documents: rows of docs/yang-conformance.md. */
import { type Rows, row } from "./row.ts";

export const SID_ROWS: Rows = {
  "CC-SID-1": row("which items get a number", "RFC 9595 §3, §5"),
  "CC-SID-2": row(
    "the walk over the data nodes, with and without choices and cases",
    "RFC 9595 §3; pyang since 2025-08",
  ),
  "CC-SID-3": row("the path of an item: module names where the module changes", "RFC 9595 §3"),
  "CC-SID-4": row("the order of items, and the next free number", "pyang"),
  "CC-SID-5": row("the file as it is written", "RFC 9595 §4; pyang"),
  "CC-SID-6": row("dependency-revision", "RFC 9595 §4"),
  "CC-SID-7": row("an update keeps every number, whatever became of its node", "RFC 9595 §3"),
  "CC-SID-8": row("files of older tools are read", "RFC 9595, drafts before it"),
  "CC-SID-9": row("what is wrong with a file is found, by itself and beside others", "RFC 9595 §2.1 to §6.4"),
  "CC-SID-10": row("a registry of ranges keeps modules apart", "RFC 9595 §6.4; our own"),
  "CC-SID-11": row("numbers and deltas as a C header, which compiles", "our own"),
};

export const PRODUCT_ROWS: Rows = {
  "CC-parser": row("statements are those of the source, which yang-js alone refuses or mistakes", "RFC 7950 §6.3, §14"),
  "CC-vectors": row(
    "every example of the documents, both ways, in CBOR and in JSON",
    "RFC 9254; draft-ietf-core-comi-21",
  ),
  "CC-models-cache": row("compiled schemas are kept under the digest of their sources", "our own"),
  "CC-models-faults": row("each broken file is named, with line and column, and nothing else suffers", "our own"),
  "CC-models-names": row("modules without a .sid file work by names", "RFC 9254 §3.3; our own"),
  "CC-models-sets": row("module sets: each node has the modules and features that its firmware has", "our own"),
  "CC-models-revisions": row("revisions of a module side by side", "our own"),
  "CC-models-reload": row("a folder that changes is in force without a restart", "our own"),
  "CC-tools-compile": row("`sidgate yang compile`", "docs/models.md"),
  "CC-tools-tree": row("`sidgate yang tree`", "RFC 8340; docs/models.md"),
  "CC-tools-validate": row("`sidgate yang validate`", "docs/models.md"),
  "CC-tools-convert": row("`sidgate yang encode` and `decode`", "docs/models.md"),
  "CC-tools-models": row("what commands take for modules", "docs/models.md"),
  "CC-tools-sid": row("`sidgate sid`", "docs/sid.md"),
  "CC-limits": row("limits, and what is slow, end in a coded error", "our own; the table below"),
  "CC-mutants": row(
    "whatever the input: an answer or a coded error, in bounded time and memory",
    "RFC 9254 §8; our own",
  ),
};
