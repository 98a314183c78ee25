/**
 * How a body names its nodes, identities and instances (RFC 9254 §3.2, §3.3, §9.2): by SID (content format 140), by name
 * (341), or each by either (340). In the last, what has a SID is written with it, so that where all have one the bytes
 * are those of the first.
 */
export type Form = "sid" | "name" | "any";
