/** identityref, instance-identifier and leafref: RFC 7950 §9.10, §9.13, §9.9; RFC 9254 §6.10, §6.13, §6.9. */
import { MAJOR, YANG_TAG } from "../../../wire/cbor/index.ts";
import { type Identity, isLocal } from "../../schema.ts";
import type { InstanceId, LeafValue } from "../../tree.ts";
import { Fault } from "../fault.ts";
import { jsonText, type LeafFactory, misfit, wrongType } from "../leaf.ts";

const BY = { sid: "SID", name: "name", any: "SID or name" } as const;

/** The value is the SID of the identity, absolute, never a delta; or its name, where the body has names. */
export const identityref: LeafFactory = (type, { schema, form, module }) => {
  const bases = type.identityBases ?? [];
  const checked = (identity: Identity): number => {
    const missing = bases.find((base) => !schema.derivedFrom(identity.name, base));
    if (missing !== undefined)
      throw new Fault("yang.invalid-datatype", `${identity.name} is not derived from ${missing}`);
    return identity.sid;
  };
  const parse = (text: string): number => {
    const identity = schema.identities.get(text.includes(":") ? text : `${module}:${text}`);
    if (identity === undefined) throw new Fault("yang.invalid-datatype", `there is no identity '${text}'`);
    return checked(identity);
  };
  const format = (value: LeafValue): string => {
    const identity = typeof value === "number" ? schema.identityBySid(value) : undefined;
    if (identity === undefined) throw misfit("the SID of an identity", value);
    return identity.name;
  };
  /** RFC 9254 §3.3: the simple form where the identity is of the leaf's module. */
  const shortName = (name: string): string => (name.startsWith(`${module}:`) ? name.slice(module.length + 1) : name);
  const read = (reader: Parameters<ReturnType<LeafFactory>["read"]>[0]): number => {
    const major = reader.major();
    if (major === MAJOR.text && form !== "sid") return parse(reader.text());
    if (major !== MAJOR.uint || form === "name") throw wrongType(`the ${BY[form]} of an identity`);
    const sid = Number(reader.integer());
    const identity = schema.identityBySid(sid);
    if (identity === undefined) throw new Fault("yang.invalid-datatype", `no identity has the SID ${sid}`);
    return checked(identity);
  };
  const write: ReturnType<LeafFactory>["write"] = (writer, value) => {
    if (typeof value !== "number") throw misfit("the SID of an identity", value);
    if (form === "name" || (form === "any" && isLocal(value))) {
      writer.text(shortName(format(value)));
      return;
    }
    if (isLocal(value)) throw new Fault("yang.sid-unassigned", `the identity ${format(value)} has no SID`);
    writer.integer(value);
  };
  return {
    read,
    write,
    parse,
    format,
    fromJson: (json) => parse(jsonText(json, "the name of an identity")),
    toJson: format,
    tagged: { tag: YANG_TAG.identityref, read, write },
  };
};

export const instanceIdentifier: LeafFactory = (_type, { identifiers }) => {
  const idOf = (value: LeafValue): InstanceId => {
    if (typeof value !== "object" || value === null || !("sid" in value)) throw misfit("an instance-identifier", value);
    return value;
  };
  const format = (value: LeafValue): string => identifiers.format(idOf(value));
  const read = identifiers.read;
  const write: ReturnType<LeafFactory>["write"] = (writer, value) => identifiers.write(writer, idOf(value));
  return {
    read,
    write,
    parse: identifiers.parse,
    format,
    fromJson: (json) => identifiers.parse(jsonText(json, "an instance-identifier")),
    toJson: format,
    tagged: { tag: YANG_TAG.instanceIdentifier, read, write },
  };
};

/** A leafref has the form of the leaf that it refers to. Whether that leaf exists is a question for validation. */
export const leafref: LeafFactory = (type, { codecOf }) => codecOf(type.target ?? { base: "string" });
