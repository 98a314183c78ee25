/**
 * What a manager wants and what a node gets: edits are made against the tree as the manager sees it, merged, cut to any size,
 * applied by the node to the letter in the order in which they come; then both have the same configuration.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, expect, test } from "@jest/globals";
import fc from "fast-check";
import { isCoded, millis, SILENT } from "../../../gateway/base/index.ts";
import { decodeBox, encodeBox } from "../../../gateway/service/mailbox/box-record.ts";
import { type Box, confirm, nextDelivery, planned, post, waiting } from "../../../gateway/service/mailbox/index.ts";
import {
  decodeInstances,
  diff,
  edit,
  editToTheLetter,
  encodeInstances,
  fromJson,
  type Instance,
  type Json,
  loadModels,
  parsePath,
  type Schema,
  type Tree,
  validateEdit,
  valueFromJson,
} from "../../../gateway/yang/index.ts";
import { inDrill } from "../../support/drill.ts";

const T0 = millis(1_790_000_000_000);
const EMPTY: Box = { revision: 0, applied: 0, edits: [] };

const VALVE = `module valve {
  yang-version 1.1; namespace "urn:valve"; prefix v;
  container valve {
    leaf name { type string; }
    leaf limit { type uint8; }
    container pid { leaf p { type uint8; } leaf i { type uint8; } container filter { presence "on"; leaf taps { type uint8; } } }
    choice source { case own { leaf sensor { type uint8; } leaf offset { type uint8; } } case far { leaf remote { type string; } } }
    leaf eco { type boolean; }
    leaf eco-limit { when "../eco = 'true'"; type uint8; }
    leaf-list tag { type string; }
    list period { key start; leaf start { type string; } leaf to { type uint8; } list step { key at; leaf at { type uint8; } leaf by { type uint8; } } }
    list rule { key id; ordered-by user; leaf id { type string; } leaf act { type uint8; } }
  }
}`;
let schema: Schema;
beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), "sidgate-merging-"));
  await writeFile(join(folder, "valve.yang"), VALVE);
  schema = await loadModels({ extraFolders: [folder], log: SILENT });
  await rm(folder, { recursive: true });
});

type Said = readonly [path: string, value: Json | undefined];
const instance = ([path, value]: Said): Instance => {
  const id = parsePath(`/valve:valve${path}`, schema);
  return { id, value: value === undefined ? undefined : valueFromJson(value, id.sid, schema) };
};

/** A manager, its gateway, and a node. */
interface Site {
  readonly tree: Tree;
  readonly box: Box;
  readonly node: Tree;
}
const start = (json: Json): Site => {
  const tree = fromJson(json, schema);
  return { tree, box: EMPTY, node: tree };
};

/** What the gateway refuses changes nothing. */
function say(site: Site, said: readonly Said[]): Site {
  const wanted = said.map(instance);
  try {
    validateEdit(site.tree, edit(site.tree, wanted, schema), wanted, schema);
  } catch (error) {
    if (isCoded(error)) return site;
    throw error;
  }
  const { instances, parts } = planned(site.box, site.tree, wanted, schema);
  const read = decodeInstances(encodeInstances(instances, schema, "any"), schema, "input", "any");
  const box = post(site.box, read, schema, { at: T0, actor: "test", parts });
  return { ...site, tree: edit(site.tree, read, schema), box: decodeBox(encodeBox(box)) };
}

/** `heard`: the node gets the answer; and the gateway hears with the next report what it applied. */
function wake(site: Site, budget: number, heard = true): Site {
  const { delivery } = nextDelivery(site.box, budget);
  if (delivery === undefined || !heard) return site;
  const node = editToTheLetter(site.node, decodeInstances(delivery.edits, schema, "input", "any"), schema);
  return { ...site, node, box: confirm(site.box, delivery.revision, T0) };
}
function settle(site: Site, budget: number): Site {
  let [now, next] = [site, wake(site, budget)];
  while (next !== now) [now, next] = [next, wake(next, budget)];
  return now;
}

const paths = ({ box }: Site): readonly string[] => waiting(box).map(({ path }) => path.replace("/valve:valve", ""));
const isSame = ({ tree, node }: Site): boolean => diff(node, tree, schema).length === 0;

test("an edit that restores what the node has takes back what waits, and nothing goes out", () => {
  const site = say(start({ "valve:valve": { limit: 5 } }), [["/limit", 7]]);
  expect(paths(site)).toEqual(["/limit"]);
  const back = say(site, [["/limit", 5]]);
  expect(paths(back)).toEqual([]);
  expect(back.box.edits).toMatchObject([{ revision: 2, status: { state: "applied" } }]);
  expect(isSame(back)).toBe(true);
});

test("what was delivered may be in force: then the way back goes out too", () => {
  const site = say(start({ "valve:valve": { limit: 5 } }), [["/limit", 7]]);
  const sent = { ...site, box: post(EMPTY, [], schema), node: site.node };
  const box: Box = {
    ...site.box,
    edits: site.box.edits.map((one) => ({ ...one, status: { state: "delivered", since: T0 } })),
  };
  expect(paths(say({ ...sent, tree: site.tree, box }, [["/limit", 5]]))).toEqual(["/limit"]);
});

test("the same value without anything waiting goes out: what the node has, only the node knows", () => {
  expect(paths(say(start({ "valve:valve": { limit: 5 } }), [["/limit", 5]]))).toEqual(["/limit"]);
});

test("a delete folds what waits below it, a replacement of the parent folds its children", () => {
  const two = say(start({ "valve:valve": { pid: { i: 1 } } }), [
    ["/pid/p", 1],
    ["/pid/filter/taps", 3],
    ["/limit", 1],
  ]);
  expect(paths(say(two, [["/pid", undefined]]))).toEqual(["/limit", "/pid"]);
  expect(paths(say(two, [["/pid", { p: 9 }]]))).toEqual(["/limit", "/pid"]);
});

test("another case of a choice takes the place of what waits for the first", () => {
  const own = say(start({ "valve:valve": { limit: 1 } }), [["/sensor", 4]]);
  const far = say(own, [["/remote", "roof"]]);
  expect(paths(far)).toEqual(["/remote"]);
  expect(isSame(settle(say(far, [["/remote", undefined]]), 100))).toBe(true);
});

test("CC-7950-8.2: what a condition takes away, the node is told to delete, and taking the edit back restores it", () => {
  const on = start({ "valve:valve": { eco: true, "eco-limit": 3 } });
  const off = say(on, [["/eco", false]]);
  expect(paths(off)).toEqual(["/eco", "/eco-limit"]);
  expect(isSame(settle(off, 100))).toBe(true);
  const undone = waiting(off.box)
    .toReversed()
    .reduce((tree, { undo }) => edit(tree, decodeInstances(undo!, schema, "input", "any"), schema), off.tree);
  expect(diff(undone, on.tree, schema)).toEqual([]);
});

test("an entry that names itself in its value merges with its like, and folds nothing else", () => {
  const site = say(start({ "valve:valve": { limit: 1 } }), [
    ["/period", { start: "06:00", to: 1 }],
    ["/period", { start: "22:00", to: 2 }],
    ["/period", { start: "06:00", to: 3 }],
  ]);
  expect(paths(site)).toEqual(["/period[start='22:00']", "/period[start='06:00']"]);
});

test("CC-7950-7.7.7: entries of a list that users order reach the node in the manager's order", () => {
  const site = say(start({ "valve:valve": { limit: 1 } }), [
    ["/rule[id='a']", { id: "a", act: 1 }],
    ["/rule[id='b']", { id: "b", act: 2 }],
    ["/rule[id='a']", { id: "a", act: 3 }],
  ]);
  expect(paths(site)).toEqual(["/rule[id='b']", "/rule"]);
  expect(isSame(settle(site, 200))).toBe(true);
});

const small = fc.integer({ min: 0, max: 3 });
const at = fc.constantFrom("06:00", "22:00");
const id = fc.constantFrom("a", "b", "c");
const gone = <T>(some: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(some, { nil: undefined, freq: 3 });
const SAID: fc.Arbitrary<Said> = fc.oneof(
  fc.tuple(fc.constantFrom("/limit", "/pid/p", "/pid/i", "/pid/filter/taps", "/sensor", "/offset"), gone(small)),
  fc.tuple(fc.constant("/remote"), gone(fc.constantFrom("roof", "cellar"))),
  fc.tuple(fc.constant("/eco"), gone(fc.boolean())),
  fc.tuple(fc.constant("/eco-limit"), gone(small)),
  fc.tuple(fc.constant("/pid"), gone(fc.record({ p: small }))),
  fc.tuple(fc.constant("/tag"), gone(fc.uniqueArray(id, { minLength: 1 }))),
  fc.tuple(
    at.map((start) => `/period[start='${start}']/to`),
    small,
  ),
  fc
    .tuple(at, gone(small))
    .map(([start, to]): Said => [`/period[start='${start}']`, to === undefined ? to : { start, to }]),
  fc.tuple(at, small).map(([start, to]): Said => ["/period", { start, to }]),
  fc.tuple(at, small, small).map(([start, step, by]): Said => [`/period[start='${start}']/step[at='${step}']/by`, by]),
  fc.tuple(fc.constant("/period"), gone(fc.constant([{ start: "06:00" }]))),
  fc
    .tuple(id, gone(small))
    .map(([key, act]): Said => [`/rule[id='${key}']`, act === undefined ? act : { id: key, act }]),
  fc.tuple(id, small).map(([key, act]): Said => [`/rule[id='${key}']/act`, act]),
);
const START: fc.Arbitrary<Json> = fc.record({
  "valve:valve": fc.record({
    limit: small,
    pid: fc.record({ p: small, i: small }),
    sensor: small,
    rule: fc.uniqueArray(id).map((keys) => keys.map((key) => ({ id: key, act: 0 }))),
  }),
});

test("whatever is said and however it is cut, the node ends with the manager's view", () => {
  fc.assert(
    fc.property(
      START,
      fc.array(fc.tuple(fc.array(SAID, { minLength: 1, maxLength: 3 }), fc.boolean()), { maxLength: 8 }),
      fc.integer({ min: 60, max: 400 }),
      (json, requests, budget) => {
        let site = start(json);
        for (const [said, wakes] of requests) {
          site = say(site, said);
          if (wakes) site = wake(site, budget);
        }
        expect(diff(settle(site, budget).node, site.tree, schema)).toEqual([]);
      },
    ),
    { numRuns: inDrill(50, 150) },
  );
});

/** The undo of an edit that moves entries of a user-ordered list says the whole list, with those that waited then. */
const UNORDERED = SAID.filter(([path]) => !path.startsWith("/rule"));

test("taking back every edit that has not reached the node gives what the node has", () => {
  fc.assert(
    fc.property(START, fc.array(UNORDERED, { minLength: 1, maxLength: 6 }), (json, requests) => {
      let site = start(json);
      for (const said of requests) site = say(site, [said]);
      let { tree } = site;
      for (const { undo } of waiting(site.box).toReversed()) {
        tree = edit(tree, decodeInstances(undo ?? new Uint8Array(), schema, "input", "any"), schema);
      }
      expect(diff(tree, site.node, schema)).toEqual([]);
    }),
    { numRuns: inDrill(50, 150) },
  );
});
