/** Types of published modules, when the checkout has them beside it: patterns translate, defaults fit. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "@jest/globals";
import { planOf } from "../../../gateway/yang/codec/plan.ts";
import { openSchema } from "../../../gateway/yang/compile/open-schema.ts";
import type { Schema, SchemaNode } from "../../../gateway/yang/schema.ts";
import { compileTexts } from "../compile/inline.ts";

const FOLDER = fileURLToPath(new URL("../../../../shared/yang", import.meta.url));

/** The schema with a SID for every node and identity, in the order they come. */
function numbered(schema: Schema): Schema {
  let next = 1;
  const number = (node: SchemaNode): SchemaNode => ({ ...node, sid: next++, children: node.children.map(number) });
  const identities = new Map([...schema.identities].map(([name, identity]) => [name, { ...identity, sid: next++ }]));
  return { ...schema, identities, derivedFrom: schema.derivedFrom.bind(schema), roots: schema.roots.map(number) };
}

(existsSync(FOLDER) ? test : test.skip)(
  "every type of the published modules has a codec (needs ../shared/yang)",
  () => {
    const texts = readdirSync(FOLDER)
      .filter((name) => name.endsWith(".yang"))
      .map((name) => readFileSync(join(FOLDER, name), "utf8"));
    const plan = planOf(numbered(openSchema(compileTexts(texts).image)));
    expect(plan.nodes.size).toBeGreaterThan(1_000);
    const withDefault = [...plan.nodes.values()].filter(({ schema }) => (schema.defaults ?? []).length > 0);
    expect(withDefault.filter(({ fallback }) => fallback === undefined)).toEqual([]);
    expect(withDefault.length).toBeGreaterThan(50);
  },
);
