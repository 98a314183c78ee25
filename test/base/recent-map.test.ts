import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { RecentMap } from "../../gateway/base/index.ts";

test("what is used stays, however much comes by", () => {
  const map = new RecentMap<string, number>(10);
  map.set("used", 1);
  map.set("idle", 2);
  for (let i = 0; i < 1000; i++) {
    map.set(`other-${i}`, i);
    if (i % 9 === 0) expect(map.get("used")).toBe(1);
  }
  expect(map.get("idle")).toBeUndefined();
});

test("it never gives anything but the last value, and keeps the last entries", () => {
  const step = fc.record({ key: fc.nat(30), value: fc.option(fc.nat(), { nil: undefined }) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const map = new RecentMap<number, number>(5);
      const model = new Map<number, number>();
      for (const { key, value } of steps) {
        model.delete(key);
        if (value === undefined) map.delete(key);
        else map.set(key, value);
        if (value !== undefined) model.set(key, value);
      }
      for (const key of [...model.keys()].slice(-5)) expect(map.get(key)).toBe(model.get(key));
      for (let key = 0; key <= 30; key++) expect([undefined, model.get(key)]).toContain(map.get(key));
    }),
  );
});
