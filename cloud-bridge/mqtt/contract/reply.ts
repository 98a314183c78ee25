/** docs/mqtt.md, "Commands" — what is answered to who gave a command. */
import { either, exactly, may, must, object, oneOf, open } from "./shape.ts";
import { COUNT, INTEGER, JSON_VALUE, NUMBER64, TEXT, TIME } from "./words.ts";

const ID = must(TEXT, "Id of the command.");

export const ACCEPTED = object({
  id: ID,
  status: must(exactly("accepted"), "It will be carried out; a second answer says how it ended."),
  "will-run-at": may(TIME, "When that is expected: the next wake of the node."),
  position: may(COUNT, "Its place among those that wait for the same node, counted from 1."),
});

export const COMPLETED = open(
  {
    id: ID,
    status: must(exactly("completed"), "It was carried out."),
  },
  "result",
  JSON_VALUE,
  "What came of it, a member each; one of the name `id` or `status` is told as `result-id`, `result-status`.",
);

/** RFC 8040 §7.1 and §3.9, and the hint that each error of Sidgate has. */
const ERROR = object({
  "error-type": must(
    oneOf("protocol", "application"),
    "`protocol`: the command itself is wrong; `application`: what it asked for.",
  ),
  "error-tag": must(TEXT, "Kind of the error, as RFC 8040 §7 has it."),
  "error-app-tag": must(TEXT, "Its code in docs/errors.md, which never changes its meaning."),
  "error-path": may(TEXT, "What is wrong: a member of the command, or an instance in the data."),
  "error-message": must(TEXT, "What is wrong with it, in a sentence."),
  hint: must(TEXT, "What to do about it."),
});

export const FAILED = object({
  id: may(TEXT, "Id of the command, where it could be read."),
  status: must(exactly("failed"), "It was not carried out, or not to its end."),
  code: must(INTEGER, "Status code that RFC 8040 §7 has for it, e.g. 409 where `if-version` was not met."),
  error: must(ERROR, "Why."),
  epoch: may(INTEGER, "Of a `replay`: the present epoch."),
  "oldest-seq": may(NUMBER64, "Of a `replay`: the oldest message of this epoch that is still kept."),
});

export const EXPIRED = object({
  id: ID,
  status: must(exactly("expired"), "Its deadline came first; nothing goes out any more."),
  error: may(ERROR, "What it still waited for, where that is known, e.g. why the author of an image did not give it."),
});

export const REPLY = either(ACCEPTED, COMPLETED, FAILED, EXPIRED);
