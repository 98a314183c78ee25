/** The same node as a client that checks in and as a server that is read: managers see the same tree. */
import { expect, test } from "@jest/globals";
import fc from "fast-check";
import type { NodeId } from "../../../gateway/base/index.ts";
import { acceptEdit } from "../../../gateway/service/mailbox/index.ts";
import { houseNode } from "../../../gateway/service/registry/index.ts";
import {
  decodeInstances,
  EMPTY_TREE,
  edit,
  encodeInstances,
  fromJson,
  type Instance,
  type JsonObject,
  merge,
  type Tree,
} from "../../../gateway/yang/index.ts";
import { atRest, builtIn, DATASTORE_ONLY, openServedSite, type ServedSite } from "../../support/served-site.ts";
import { hex } from "../../support/services.ts";
import { ServingNode } from "../../support/serving-node.ts";

const schema = await builtIn;
const CHECK_IN = houseNode(schema, "/sidgate-node:check-in").sid;
const IN = (leaf: string): number => houseNode(schema, `/sidgate-node:check-in/input/${leaf}`).sid;
const OUT = (leaf: string): number => houseNode(schema, `/sidgate-node:check-in/output/${leaf}`).sid;

/** A node that keeps its tree itself and checks in with all of it, as the wire has it. */
class CheckingNode {
  tree: Tree = EMPTY_TREE;
  #report = 0;
  #applied = 0;

  async wakes(site: ServedSite, endpoint: string): Promise<void> {
    this.#report += 1;
    const input = new Map<number, Instance["value"]>([
      [IN("report"), this.#report],
      [IN("applied"), this.#applied],
      [IN("data"), this.tree],
    ]) as Tree;
    const payload = encodeInstances([{ id: { sid: CHECK_IN, keys: [] }, value: input }], schema);
    const response = await site.checksIn(endpoint, payload);
    const [said] = decodeInstances(response?.payload ?? new Uint8Array(), schema, "output");
    const output = said?.value as Tree | undefined;
    const edits = output?.get(OUT("edits"));
    if (edits instanceof Uint8Array) this.tree = edit(this.tree, decodeInstances(edits, schema), schema);
    this.#applied = Number(output?.get(OUT("revision")) ?? this.#applied);
  }
}

type Step = { readonly measure: JsonObject } | { readonly edit: Instance } | "wake";
const hundredths = (value: number): string => (value / 100).toFixed(2);
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.constant<Step>("wake"),
  fc
    .record({ t: fc.integer({ min: 1000, max: 3000 }), h: fc.integer({ min: 0, max: 100 }) })
    .map(({ t, h }): Step => ({ measure: { "sidgate-building:room": { temperature: hundredths(t), humidity: h } } })),
  fc
    .integer({ min: 500, max: 3500 })
    .map((value): Step => ({ edit: { id: { sid: 60204, keys: [] }, value: BigInt(value) } })),
  fc.constantFrom(0, 1, 2, undefined).map((value): Step => ({ edit: { id: { sid: 60209, keys: [] }, value } })),
  fc
    .tuple(fc.constantFrom("06:00", "22:00"), fc.option(fc.integer({ min: 500, max: 3500 })))
    .map(([start, value]): Step => {
      const entry: Tree | undefined =
        value === null ? undefined : new Map<number, string | bigint>([[60212, BigInt(value)]]);
      return { edit: { id: { sid: 60210, keys: [start] }, value: entry } };
    }),
);

const seen = async (site: ServedSite, node: NodeId, query: string): Promise<string> => {
  const { payload } = await site.manager("GET", `n/${node}/c`, { query: [query] });
  return hex(payload);
};

test("CC-F1 CC-G1: the tree is the same whichever side serves", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 14 }), async (script) => {
      const server = new ServingNode(schema);
      const client = new CheckingNode();
      const site = await openServedSite(server);
      const [served, asking] = [await site.join("room-s"), await site.join("room-c")];
      const answersAll = async (): Promise<void> => {
        await atRest(site);
        while (server.open.length > 0) {
          server.answers();
          await atRest(site);
        }
      };
      const wake = async (): Promise<void> => {
        await site.registers(served, DATASTORE_ONLY);
        await answersAll();
        await client.wakes(site, "room-c");
        await client.wakes(site, "room-c"); // says what it has applied
      };
      await wake();
      for (const each of script) {
        if (each === "wake") await wake();
        else if ("measure" in each) {
          const fragment = fromJson(each.measure, schema);
          server.measures(fragment);
          client.tree = merge(client.tree, fragment, schema);
        } else {
          const services = { ...site, recorder: site.ledger };
          for (const id of [served, asking]) {
            await acceptEdit(site.registry.get(id), [each.edit], services, { actor: "test" });
          }
          await answersAll();
        }
      }
      await wake();
      for (const query of ["d=t", "d=a", "c=c", "c=n"]) {
        expect(await seen(site, served, query)).toBe(await seen(site, asking, query));
      }
      expect([site.mailbox.pending(served), site.mailbox.pending(asking)]).toEqual([0, 0]);
      await site.close();
    }),
    { numRuns: 12 },
  );
});

test("a node may do both: what it reports and what is read from it are one tree", async () => {
  const server = new ServingNode(schema, fromJson({ "sidgate-building:room": { temperature: "20.00" } }, schema));
  const site = await openServedSite(server);
  const node = await site.join("room-1");
  await site.registers(node, DATASTORE_ONLY);
  await atRest(site);
  server.answers();
  await atRest(site);
  const client = new CheckingNode();
  client.tree = fromJson({ "sidgate-building:room": { humidity: 40 } }, schema);
  server.measures(client.tree);
  await client.wakes(site, "room-1");
  await site.registers(node, DATASTORE_ONLY);
  await atRest(site);
  server.answers();
  await atRest(site);
  expect(site.facts.filter(({ type }) => type === "node.read")).toHaveLength(1);
  expect(site.registry.get(node).tree).toEqual(server.tree);
  await site.close();
});

test("an edit that a check-in brought does not come from two sides", async () => {
  const server = new ServingNode(schema);
  const site = await openServedSite(server);
  const node = await site.join("room-1");
  await site.registers(node, DATASTORE_ONLY);
  await atRest(site);
  server.losesRequest(); // it cannot be asked now
  await atRest(site);
  const edits: Instance[] = [{ id: { sid: 60209, keys: [] }, value: 1 }];
  await acceptEdit(site.registry.get(node), edits, { ...site, recorder: site.ledger }, { actor: "test" });
  const client = new CheckingNode();
  await client.wakes(site, "room-1");
  await atRest(site);
  expect([server.open.length, site.mailbox.pending(node)]).toEqual([0, 1]);
  server.tree = client.tree;
  await client.wakes(site, "room-1"); // has applied it
  await atRest(site);
  expect([server.open.map(({ question }) => question.method), site.mailbox.pending(node)]).toEqual([["GET"], 0]);
  await site.close();
});

test("what was read before a report came is not taken for newer", async () => {
  const server = new ServingNode(schema, fromJson({ "sidgate-building:room": { temperature: "20.00" } }, schema));
  const site = await openServedSite(server);
  const node = await site.join("room-1");
  await site.registers(node, DATASTORE_ONLY);
  await atRest(site);
  const client = new CheckingNode();
  client.tree = fromJson({ "sidgate-building:room": { temperature: "25.00" } }, schema);
  await client.wakes(site, "room-1");
  server.answers(); // of before
  await atRest(site);
  expect(server.open).toHaveLength(1);
  server.tree = client.tree;
  server.answers();
  await atRest(site);
  expect(site.facts.filter(({ type }) => type === "node.read")).toEqual([]);
  await site.close();
});
