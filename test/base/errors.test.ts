/** Errors as people read them. */
import { expect, test } from "@jest/globals";
import { explain, UsageError } from "../../gateway/base/index.ts";

test.each([
  ["unknown option", "unknown option. See 'sidgate --help'. [cli.usage]"],
  [
    "unknown statement 'leef', did you mean 'leaf'?",
    "unknown statement 'leef', did you mean 'leaf'? See 'sidgate --help'. [cli.usage]",
  ],
  ["stop!", "stop! See 'sidgate --help'. [cli.usage]"],
  ["that is all.", "that is all. See 'sidgate --help'. [cli.usage]"],
])("'%s' ends with one mark", (what, line) => expect(explain(new UsageError("cli.usage", { what }))).toBe(line));
