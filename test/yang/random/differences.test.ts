/** Documents that we take and yanglint (libyang 2.1.30) does not, and the sections that speak for us. */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { siteOf } from "./differential.ts";
import type { Members } from "./document-of.ts";
import { faultOf } from "./repair.ts";
import { lint, YANGLINT } from "./yanglint.ts";

const MODULE = `module differ {
  yang-version 1.1; namespace "urn:differ"; prefix d;
  import ietf-inet-types { prefix inet; } import ietf-yang-types { prefix yang; }
  container top {
    choice one { mandatory true; case first { container hollow { leaf in { type int8; } } } leaf second { type int8; } }
    leaf address { type inet:ipv6-address; }
    leaf expression { type yang:xpath1.0; }
  }
}`;

const ROWS: ReadonlyArray<readonly [name: string, top: Members]> = [
  // §7.9.4: "at least one node from exactly one of the choice's case branches MUST exist in the data tree"; this one does.
  [
    "CC-7950-7.9.4: differs: a container that is said, though empty, is a node of its choice, which yanglint does not count",
    { hollow: {} },
  ],
  // RFC 6991 §4: the two patterns are the whole lexical rule; libyang asks inet_pton.
  [
    "CC-6991-4: differs: an IPv6 address may end with leading zeros, by its patterns; yanglint asks inet_pton",
    { second: 1, address: "::1.2.3.04" },
  ],
  // RFC 6991 §3: a string type; what its text means is said in words, for whoever evaluates it.
  [
    "CC-6991-3: differs: yang:xpath1.0 is a string, whatever it says; yanglint parses it",
    { second: 1, expression: "][" },
  ],
];

(existsSync(YANGLINT) ? test : test.skip).each(ROWS)("%s (needs libyang-tools)", async (_name, top) => {
  const folder = mkdtempSync(join(tmpdir(), "sidgate-differences-"));
  const models = join(folder, "models");
  mkdirSync(models);
  writeFileSync(join(models, "differ.yang"), MODULE);
  const site = await siteOf([models], ["differ"]);
  const document: Members = { "differ:top": top };
  const [verdict] = lint([JSON.stringify(document)], { ...site, folder, type: "config" });
  rmSync(folder, { recursive: true });
  expect([faultOf(document, site.schema, false) === undefined, verdict?.accepted]).toEqual([true, false]);
});
