/** docs/mqtt.md, "Commands" — what is answered to who gave a command. */
import { either, exactly, may, must, object, oneOf } from "./shape.ts";
import { COUNT, JSON_VALUE, TEXT, TIME } from "./words.ts";

const ID = must(TEXT, "Id of the command.");

export const ACCEPTED = object({
  id: ID,
  status: must(exactly("accepted"), "It will be carried out; a second answer says how it ended."),
  "will-run-at": may(TIME, "When that is expected: the next wake of the node."),
  position: may(COUNT, "Its place among those that wait for the same node, counted from 1."),
});

export const COMPLETED = object({
  id: ID,
  status: must(exactly("completed"), "It was carried out."),
  result: may(JSON_VALUE, "What came of it."),
});

/** RFC 8040 §7.1, and the code and hint that each error of Sidgate has. */
const ERROR = object({
  "error-type": must(oneOf("transport", "rpc", "protocol", "application"), "Layer of the error, as RFC 8040 has it."),
  "error-tag": must(TEXT, "Kind of the error, as RFC 8040 §7 has it."),
  "error-path": may(TEXT, "The instance that is wrong."),
  "error-message": must(TEXT, "What is wrong, in a sentence."),
  code: must(TEXT, "The error, as docs/errors.md has it."),
  hint: must(TEXT, "What to do about it."),
});

export const FAILED = object({
  id: may(TEXT, "Id of the command, where it could be read."),
  status: must(exactly("failed"), "It was not carried out, or not to its end."),
  error: must(ERROR, "Why."),
});

export const EXPIRED = object({
  id: ID,
  status: must(exactly("expired"), "Its deadline came first; nothing goes out any more."),
});

export const REPLY = either(ACCEPTED, COMPLETED, FAILED, EXPIRED);
