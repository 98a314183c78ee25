/** boolean and empty: RFC 7950 §9.5 and §9.11, RFC 9254 §6.5 and §6.11. */
import { NULL } from "../../../wire/cbor/index.ts";
import { type LeafFactory, misfit, wrongType } from "../leaf.ts";

const FALSE = 0xf4;
const TRUE = 0xf5;

export const boolean: LeafFactory = () => ({
  read(reader) {
    const initial = reader.peek();
    if (initial !== FALSE && initial !== TRUE) throw wrongType("true or false");
    reader.offset += 1;
    return initial === TRUE;
  },
  write(writer, value) {
    if (typeof value !== "boolean") throw misfit("a boolean", value);
    writer.boolean(value);
  },
  parse(text) {
    if (text !== "true" && text !== "false") throw wrongType("true or false");
    return text === "true";
  },
  format: String,
  fromJson(json) {
    if (typeof json !== "boolean") throw wrongType("true or false");
    return json;
  },
  toJson: (value) => value === true,
});

export const empty: LeafFactory = () => ({
  read(reader) {
    if (reader.peek() !== NULL) throw wrongType("null");
    reader.offset += 1;
    return null;
  },
  write(writer) {
    writer.null();
  },
  parse(text) {
    if (text !== "") throw wrongType("nothing");
    return null;
  },
  format: () => "",
  fromJson(json) {
    if (!Array.isArray(json) || json.length !== 1 || json[0] !== null) throw wrongType("[null]");
    return null;
  },
  toJson: () => [null],
});
