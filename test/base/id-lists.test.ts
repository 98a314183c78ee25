/** A few ids under each name. */
import { expect, test } from "@jest/globals";
import { IdLists } from "../../gateway/base/index.ts";

test("ids come in the order in which they were added, each once, until they are removed", () => {
  const lists = new IdLists();
  for (const id of ["b", "a", "b", "c"]) lists.add("one", id);
  lists.add("two", "a");
  expect([lists.of("one"), lists.of("two"), lists.of("three")]).toEqual([["b", "a", "c"], ["a"], []]);
  lists.remove("one", "a");
  lists.remove("one", "never");
  lists.remove("two", "a");
  lists.remove("three", "a");
  expect([lists.of("one"), lists.has("one"), lists.has("two"), lists.has("three")]).toEqual([
    ["b", "c"],
    true,
    false,
    false,
  ]);
});
