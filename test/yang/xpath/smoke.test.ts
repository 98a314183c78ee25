import { expect, test } from "@jest/globals";
import { moduleM } from "../compile/inline.ts";
import { openWorld, shown } from "./world.ts";

const MODULE = moduleM(`
  container top {
    leaf a { type string; }
    list e { key "k"; leaf k { type string; } leaf v { type int32; default 7; } }
    container inner { leaf d { type string; default "x"; } }
  }`);
const w = openWorld([MODULE], { "m:top": { a: "A", e: [{ k: "one", v: 1 }, { k: "two" }] } });

test.each([
  ["/top/a", ["a=A"]],
  ["/top/e[k='two']/v", ["v=7"]],
  ["/top/e[2]/k", ["k=two"]],
  ["//d", ["d=x"]],
  ["count(//*)", 10],
  ["sum(/top/e/v)", 8],
  ["/top/e/v/..", ["e[one]", "e[two]"]],
  ["/top/a | /top/e", ["a=A", "e[one]", "e[two]"]],
  ["//text()", ["text()=A", "text()=one", "text()=1", "text()=two", "text()=7", "text()=x"]],
])("%s", (expression, value) => {
  expect(shown(w.ask(expression))).toEqual(value);
});
