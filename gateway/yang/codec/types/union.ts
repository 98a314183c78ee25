/** union: RFC 7950 §9.12, RFC 9254 §6.12. The first member type that takes a value has it. */
import { MAJOR } from "../../../wire/cbor/index.ts";
import type { LeafValue, UnionValue } from "../../tree.ts";
import { Fault } from "../fault.ts";
import { type LeafCodec, type LeafFactory, misfit } from "../leaf.ts";

export const union: LeafFactory = (type, { codecOf }) => {
  const members = (type.members ?? []).map(codecOf);

  const firstThat = (take: (codec: LeafCodec) => LeafValue): UnionValue => {
    const reasons: string[] = [];
    for (const [member, codec] of members.entries()) {
      try {
        return { member, value: take(codec) };
      } catch (error) {
        if (!(error instanceof Fault)) throw error;
        reasons.push(error.what);
      }
    }
    throw new Fault("yang.invalid-datatype", `no member type of the union takes the value: ${reasons.join("; ")}`);
  };
  const memberOf = (value: LeafValue): readonly [LeafCodec, LeafValue] => {
    if (typeof value !== "object" || value === null || !("member" in value)) throw misfit("a union", value);
    const codec = members[value.member];
    if (codec === undefined) throw misfit("a member of the union", value);
    return [codec, value.value];
  };
  return {
    read(reader) {
      const { offset, depth } = reader;
      const tag = reader.major() === MAJOR.tag ? reader.tag() : undefined;
      const afterTag = reader.offset;
      return firstThat((codec) => {
        reader.depth = depth;
        const { tagged } = codec;
        if (tagged === undefined) {
          // Decimal64 and nested unions look at the tag themselves.
          reader.offset = offset;
          return codec.read(reader);
        }
        if (tag !== tagged.tag) throw new Fault("yang.invalid-datatype", `expected tag ${tagged.tag}`);
        reader.offset = afterTag;
        return tagged.read(reader);
      });
    },
    write(writer, value) {
      const [codec, inner] = memberOf(value);
      const { tagged } = codec;
      if (tagged !== undefined) writer.tag(tagged.tag);
      (tagged ?? codec).write(writer, inner);
    },
    parse: (text) => firstThat((codec) => codec.parse(text)),
    format(value) {
      const [codec, inner] = memberOf(value);
      return codec.format(inner);
    },
    fromJson: (json) => firstThat((codec) => codec.fromJson(json)),
    toJson(value) {
      const [codec, inner] = memberOf(value);
      return codec.toJson(inner);
    },
  };
};
