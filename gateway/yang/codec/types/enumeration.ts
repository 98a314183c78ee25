/** enumeration: RFC 7950 §9.6, RFC 9254 §6.6. The value is the enum's number; in a union it travels by name, tag 44. */
import { MAJOR, YANG_TAG } from "../../../wire/cbor/index.ts";
import { Fault } from "../fault.ts";
import { jsonText, type LeafFactory, misfit, wrongType } from "../leaf.ts";

export const enumeration: LeafFactory = (type) => {
  const enums = type.enums ?? [];
  const names = new Map(enums.map(({ name, value }) => [value, name]));
  const values = new Map(enums.map(({ name, value }) => [name, value]));
  const parse = (text: string): number => {
    const value = values.get(text);
    if (value === undefined) throw new Fault("yang.invalid-datatype", `'${text}' is none of ${[...values.keys()]}`);
    return value;
  };
  const format = (value: unknown): string => {
    const name = typeof value === "number" ? names.get(value) : undefined;
    if (name === undefined) throw misfit("the number of an enum", value);
    return name;
  };
  return {
    read(reader) {
      if (reader.major() > MAJOR.negative) throw wrongType("the integer value of an enum");
      const value = Number(reader.integer());
      if (!names.has(value)) {
        throw new Fault("yang.invalid-datatype", `${value} is the value of none of ${[...values.keys()]}`);
      }
      return value;
    },
    write(writer, value) {
      if (typeof value !== "number") throw misfit("the number of an enum", value);
      writer.integer(value);
    },
    parse,
    format,
    fromJson: (json) => parse(jsonText(json, "the name of an enum")),
    toJson: format,
    tagged: {
      tag: YANG_TAG.enumeration,
      read(reader) {
        if (reader.major() !== MAJOR.text) throw wrongType("the name of an enum");
        return parse(reader.text());
      },
      write: (writer, value) => writer.text(format(value)),
    },
  };
};
