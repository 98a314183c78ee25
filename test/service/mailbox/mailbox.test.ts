/** What waits for a node: merged per instance, delivered oldest first, kept until the node applied it. */
import { beforeAll, expect, test } from "@jest/globals";
import fc from "fast-check";
import { millis, SILENT } from "../../../gateway/base/index.ts";
import {
  type Box,
  confirm as confirmAt,
  type Edit,
  nextDelivery,
  post,
  waiting,
  withoutWaiting,
} from "../../../gateway/service/mailbox/index.ts";
import { builtInModels, decodeInstances, type Instance, loadModels, type Schema } from "../../../gateway/yang/index.ts";

const SET_POINT = 60204;
const MODE = 60209;
const PERIOD = 60210;
const EMPTY: Box = { revision: 0, applied: 0, edits: [] };
const T0 = millis(1_790_000_000_000);
const confirm = (box: Box, applied: number): Box => confirmAt(box, applied, T0);
let schema: Schema;
beforeAll(async () => {
  schema = await loadModels({ folder: builtInModels(), log: SILENT });
});

const setPoint = (value: bigint): Instance => ({ id: { sid: SET_POINT, keys: [] }, value });
const mode = (value: number): Instance => ({ id: { sid: MODE, keys: [] }, value });
const period = (start: string, value: bigint | undefined): Instance => ({
  id: { sid: PERIOD, keys: [start] },
  value:
    value === undefined
      ? undefined
      : new Map<number, string | bigint>([
          [60211, start],
          [60212, value],
        ]),
});
const paths = (box: Box): readonly string[] =>
  waiting(box).map(({ path }) => path.replace("/sidgate-building:room/", ""));

test("the last write to an instance wins and moves to the end", () => {
  const box = post(post(EMPTY, [setPoint(2000n), mode(1)], schema), [setPoint(2100n)], schema);
  expect(paths(box)).toEqual(["mode", "set-point"]);
  expect(waiting(box).map(({ revision }) => revision)).toEqual([2, 3]);
});

test("a delete folds what waited for the same entry, an edit of the list folds its entries, others stay", () => {
  const two = post(EMPTY, [period("06:00", 2100n), period("22:00", 1600n)], schema);
  expect(paths(post(two, [period("06:00", undefined)], schema))).toEqual([
    "period[start='22:00']",
    "period[start='06:00']",
  ]);
  expect(paths(post(two, [{ id: { sid: PERIOD, keys: [] }, value: [] }], schema))).toEqual(["period"]);
  expect(paths(post(two, [mode(0)], schema))).toHaveLength(3);
});

test("what does not fit waits for the next wake", () => {
  const box = post(EMPTY, [mode(1), setPoint(2100n)], schema);
  const first = nextDelivery(box, 6);
  expect([first.delivery?.revision, first.more]).toEqual([1, true]);
  expect(nextDelivery(box, 4)).toEqual({ delivery: undefined, more: false }); // no use to come back at once
  expect(nextDelivery(confirm(box, 2), 100)).toEqual({ delivery: undefined, more: false });
});

test("whatever the sizes, a node that applies what it gets ends with the last value of everything", () => {
  const edit = fc.oneof(
    fc.bigInt({ min: 500n, max: 3500n }).map(setPoint),
    fc.integer({ min: 0, max: 2 }).map(mode),
    fc
      .tuple(fc.constantFrom("06:00", "22:00"), fc.option(fc.bigInt({ min: 500n, max: 3500n }), { nil: undefined }))
      .map(([at, to]) => period(at, to)),
  );
  fc.assert(
    fc.property(
      fc.array(fc.array(edit, { minLength: 1, maxLength: 3 }), { maxLength: 8 }),
      fc.integer({ min: 32, max: 80 }),
      (requests, budget) => {
        const wanted = new Map<string, string>();
        let box = EMPTY;
        const node = new Map<string, string>();
        const key = ({ id }: Instance): string => JSON.stringify([id.sid, id.keys]);
        const text = ({ value }: Instance): string =>
          value instanceof Map ? [...value.values()].join() : String(value);
        for (const request of requests) {
          box = post(box, request, schema);
          for (const instance of request) wanted.set(key(instance), text(instance));
          const { delivery } = nextDelivery(box, budget); // one wake between two requests; its answer may get lost
          if (delivery !== undefined && delivery.revision % 2 === 0) {
            for (const instance of decodeInstances(delivery.edits, schema)) node.set(key(instance), text(instance));
            box = confirm(box, delivery.revision);
          }
        }
        for (
          let next = nextDelivery(box, budget).delivery;
          next !== undefined;
          next = nextDelivery(box, budget).delivery
        ) {
          for (const instance of decodeInstances(next.edits, schema)) node.set(key(instance), text(instance));
          box = confirm(box, next.revision);
        }
        expect(node).toEqual(wanted);
      },
    ),
  );
});

test("a node that lost its memory gets everything again, in order", () => {
  const box = confirm(post(EMPTY, [mode(1), setPoint(2100n)], schema), 2);
  expect(waiting(box)).toEqual([]);
  expect(paths(confirm(box, 0))).toEqual(["mode", "set-point"]);
  expect(paths(confirm(box, 1))).toEqual(["set-point"]);
});

test("revisions go on above what a device knows from an earlier life", () => {
  const replaced = confirm(post(EMPTY, [mode(1)], schema), 5);
  expect(waiting(replaced).map(({ revision }) => revision)).toEqual([6]);
  expect(post(replaced, [setPoint(2000n)], schema).revision).toBe(7);
});

test("a revision that cannot be is not believed", () => {
  const box = post(EMPTY, [mode(1)], schema);
  expect(confirm(box, 0xffffffff)).toBe(box);
});

test("a waiting edit of a module that is gone neither stops reports nor the others", () => {
  const stranger: Edit = {
    revision: 1,
    path: "/acme:x",
    patch: new Uint8Array([0xa1, 0x19, 0xee, 0x4a, 0x18, 0x32]),
    undo: undefined,
    actor: undefined,
    expires: undefined,
    status: { state: "waiting", since: undefined },
  };
  const box = post({ revision: 1, applied: 0, edits: [stranger] }, [setPoint(2100n)], schema);
  const report = new Map([
    [
      60201,
      new Map<number, bigint | number>([
        [60203, 45],
        [60204, 2000n],
      ]),
    ],
  ]);
  expect(withoutWaiting(report, box, schema)).toEqual(new Map([[60201, new Map([[60203, 45]])]]));
  expect(nextDelivery(box, 100).delivery?.revision).toBe(2);
});
