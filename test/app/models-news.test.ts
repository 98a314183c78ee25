/** Who says that the modules of a set have changed: at a start what happened since the last one, then what happens. */
import { expect, test } from "@jest/globals";
import { tellModels } from "../../gateway/app/models/news.ts";
import { libraryChecksum } from "../../gateway/southbound/coreconf/index.ts";
import type { Schema } from "../../gateway/yang/index.ts";
import { threeSchemas } from "../support/building-2.ts";
import { ChangingSchemas } from "../support/model-sets.ts";
import { ANYBODY, hex, openServices, request, type Services } from "../support/services.ts";

const { first, second, nameless } = await threeSchemas();
const sum = (schema: Schema): string => hex(libraryChecksum(schema));

const told = async ({
  ledger,
  journal,
}: Services): Promise<ReadonlyArray<readonly [set: string | undefined, checksum: string]>> => {
  await ledger.flush();
  const facts = await journal.read(1, 100);
  return facts.flatMap((fact) => (fact.type === "models.changed" ? [[fact.set, hex(fact.checksum)] as const] : []));
};
const updates = async (services: Services, path = "s"): Promise<string> =>
  hex((await services.handler(ANYBODY, request("GET", path))).payload);
const update = (schema: Schema): string => `a1197276a10148${sum(schema)}`;

test("CC-L1: each set is told once, then when it changes; observers of its nodes hear of it", async () => {
  const schemas = new ChangingSchemas(first, { "building-2": second });
  const services = await openServices({ schemas });
  const node = await services.join("room-1");
  await services.ledger.record("node.models", { node, set: "building-2", actor: "test" });
  tellModels(schemas, { events: services.events, recorder: services.ledger });
  const once = [
    [undefined, sum(first)],
    ["building-2", sum(second)],
  ] as const;
  expect(await told(services)).toEqual(once);
  expect(await updates(services, `n/${node}/s`)).toBe("");

  const topics: string[] = [];
  services.ledger.onFact((fact) => topics.push(...services.streams.topicsOf(fact)));
  schemas.exchange("building-2", nameless);
  expect(await told(services)).toEqual([...once, ["building-2", sum(nameless)]]);
  expect(topics).toEqual([`n/${node}/s`]);
  expect(await updates(services, `n/${node}/s`)).toBe(update(nameless));

  // What happened while nobody ran is told at the next start, and what is as it was is not.
  const next = new ChangingSchemas(second, { "building-2": nameless });
  const restarted = await openServices({ schemas: next, on: services });
  tellModels(next, { events: restarted.events, recorder: restarted.ledger });
  expect((await told(restarted)).slice(3)).toEqual([[undefined, sum(second)]]);
  expect((await updates(restarted)).startsWith(update(second))).toBe(true);
});
