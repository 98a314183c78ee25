/**
 * Schemas written by hand, node by node, for tests of the codec that must not depend on the YANG compiler: our own
 * modules as far as the tests go, and the nodes that the examples of RFC 9254 and the CORECONF draft use.
 */
import type { Identity, LeafType, NodeKind, Schema, SchemaNode, Sid } from "../../gateway/yang/schema.ts";

type Extra = Partial<Omit<SchemaNode, "kind" | "name" | "module" | "sid" | "parent" | "children">>;
export interface Spec extends Extra {
  readonly kind: NodeKind;
  /** `name`, or `module:name` where the module changes. */
  readonly name: string;
  readonly sid: Sid;
  readonly children?: readonly Spec[];
}

const node =
  (kind: NodeKind) =>
  (name: string, sid: Sid, children: readonly Spec[] = [], extra: Extra = {}): Spec => ({
    kind,
    name,
    sid,
    children,
    ...extra,
  });
export const container = node("container");
export const notification = node("notification");
export const rpc = node("rpc");
export const action = node("action");
export const input = node("input");
export const output = node("output");
export const list = (name: string, sid: Sid, keys: readonly string[], children: readonly Spec[], extra: Extra = {}) =>
  node("list")(name, sid, children, { keys, ...extra });
export const leaf = (name: string, sid: Sid, type: LeafType | LeafType["base"], extra: Extra = {}): Spec => ({
  kind: "leaf",
  name,
  sid,
  type: typeof type === "string" ? { base: type } : type,
  ...extra,
});
export const leafList = (name: string, sid: Sid, type: LeafType | LeafType["base"], extra: Extra = {}): Spec => ({
  ...leaf(name, sid, type, extra),
  kind: "leaf-list",
});
export const anydata = (name: string, sid: Sid, extra: Extra = {}): Spec => ({ kind: "anydata", name, sid, ...extra });

export const enums = (...names: readonly string[]): LeafType => ({
  base: "enumeration",
  enums: names.map((name, value) => ({ name, value })),
});
export const bits = (...names: readonly string[]): LeafType => ({
  base: "bits",
  bits: names.map((name, position) => ({ name, position })),
});

type IdentityRow = readonly [name: string, sid: Sid, ...bases: string[]];

export function handSchema(specs: readonly Spec[], identities: readonly IdentityRow[] = []): Schema {
  const bySid = new Map<Sid, SchemaNode>();
  const byPath = new Map<string, SchemaNode>();
  const grow = (spec: Spec, parent: SchemaNode | undefined, path: string): SchemaNode => {
    const [first, second] = spec.name.split(":");
    const module = second === undefined ? (parent?.module ?? "") : (first ?? "");
    const name = second ?? first ?? "";
    const children: SchemaNode[] = [];
    const made: SchemaNode = {
      mandatory: false,
      ...spec,
      config: spec.config ?? parent?.config ?? true,
      name,
      module,
      parent,
      children,
    };
    const here = `${path}/${module === parent?.module ? name : `${module}:${name}`}`;
    bySid.set(spec.sid, made);
    byPath.set(here, made);
    for (const child of spec.children ?? []) children.push(grow(child, made, here));
    return made;
  };
  const roots = specs.map((spec) => grow(spec, undefined, ""));
  const known = new Map<string, Identity>(identities.map(([name, sid, ...bases]) => [name, { name, sid, bases }]));
  const derivedFrom = (identity: string, base: string): boolean =>
    (known.get(identity)?.bases ?? []).some((above) => above === base || derivedFrom(above, base));
  const modules = [...new Set(roots.map((root) => root.module))].map((name) => ({
    name,
    revision: "2026-11-21",
    namespace: `urn:test:${name}`,
    sid: undefined,
    importOnly: false,
  }));
  return {
    modules,
    roots,
    identities: known,
    bySid: (sid) => bySid.get(sid),
    identityBySid: (sid) => [...known.values()].find((identity) => identity.sid === sid),
    byPath: (path) => byPath.get(path),
    derivedFrom,
  };
}

const state: Extra = { config: false };
const celsius = (low: string, high: string): LeafType => ({
  base: "decimal64",
  fractionDigits: 2,
  range: [[low, high]],
});
const percent: LeafType = { base: "uint8", range: [["0", "100"]] };
const digest: LeafType = { base: "binary", length: [["32", "32"]] };
const text = (low: number, high: number): LeafType => ({ base: "string", length: [[String(low), String(high)]] });
const PHASES = enums("idle", "available", "queued", "waiting-wake", "offered", "downloading", "downloaded");

/** The node-side modules of yang-models/, as far as the tests go. */
export const SIDGATE = handSchema([
  container("sidgate-node:node", 60030, [
    leaf("model", 60031, text(1, 64), state),
    leaf("hardware", 60032, text(1, 32), state),
    leaf("wake-interval", 60033, { base: "uint32", range: [["1", "604800"]] }),
    leaf("boot-count", 60034, "uint32", state),
    leaf("uptime", 60035, "uint32", state),
  ]),
  rpc("sidgate-node:check-in", 60001, [
    input("input", 60002, [
      leaf("report", 60003, "uint32", { mandatory: true }),
      leaf("applied", 60004, "uint32"),
      leaf("max-reply", 60005, { base: "uint16", range: [["16", "1024"]] }, { defaults: ["1024"] }),
      anydata("data", 60006),
      list("sample", 60007, [], [leaf("age", 60008, "uint32", { mandatory: true }), anydata("data", 60009)]),
      leaf("brief", 60010, "empty"),
    ]),
    output("output", 60011, [
      leaf("time", 60012, "uint32"),
      leaf("next-wake", 60013, "uint32"),
      leaf("revision", 60014, "uint32"),
      leaf("edits", 60015, "binary"),
      container(
        "offer",
        60016,
        [leaf("digest", 60017, digest), leaf("size", 60018, "uint32"), leaf("uri", 60019, "string")],
        {
          presence: true,
        },
      ),
      leaf("more", 60020, "empty"),
    ]),
  ]),
  container(
    "sidgate-firmware:firmware",
    60101,
    [
      leaf("running-digest", 60102, digest),
      leaf("running-version", 60103, text(1, 64)),
      leaf("phase", 60104, PHASES),
      leaf("wanted-digest", 60105, digest),
      leaf("received", 60106, "uint32"),
      leaf("reason", 60107, enums("digest-mismatch", "no-space", "wrong-model")),
    ],
    state,
  ),
  container(
    "sidgate-firmware:images",
    60120,
    [
      list(
        "image",
        60121,
        ["id"],
        [
          leaf("id", 60122, text(1, 8)),
          leaf("digest", 60123, digest),
          leaf("size", 60124, "uint32"),
          leaf("model", 60125, "string"),
          leaf("version", 60126, "string"),
          leaf("verified", 60127, enums("lab", "manifest")),
          leaf("added", 60128, "string"),
        ],
      ),
    ],
    state,
  ),
  container("sidgate-building:room", 60201, [
    leaf("temperature", 60202, celsius("-6000", "12000"), state),
    leaf("humidity", 60203, percent, state),
    leaf("set-point", 60204, celsius("500", "3500"), { defaults: ["20.00"] }),
    leaf("valve", 60205, percent, state),
    leaf("occupancy", 60206, "boolean", state),
    leaf("battery", 60207, "uint16", state),
    leaf("alarm", 60208, bits("low-battery", "window-open", "sensor-fault", "frost"), state),
    leaf("mode", 60209, enums("off", "economy", "comfort"), { defaults: ["comfort"] }),
    list(
      "period",
      60210,
      ["start"],
      [
        leaf("start", 60211, {
          base: "string",
          patterns: [{ source: "([01][0-9]|2[0-3]):[0-5][0-9]", invert: false }],
        }),
        leaf("set-point", 60212, celsius("500", "3500"), { mandatory: true }),
      ],
    ),
  ]),
]);

/** Nodes of ietf-system, ietf-interfaces and ietf-coreconf, and the example modules of RFC 9254 and the draft. */
export const IETF = handSchema(
  [
    container("ietf-interfaces:interfaces", 1505, [
      list(
        "interface",
        1533,
        ["name"],
        [
          leaf("description", 1534, "string"),
          leaf("enabled", 1535, "boolean", { defaults: ["true"] }),
          leaf("name", 1537, "string"),
          leaf("type", 1538, { base: "identityref", identityBases: ["ietf-interfaces:interface-type"] }),
          leaf(
            "oper-status",
            1544,
            {
              base: "enumeration",
              enums: ["up", "down", "testing"].map((name, index) => ({ name, value: index + 1 })),
            },
            state,
          ),
        ],
      ),
    ]),
    container(
      "ietf-system:system-state",
      1720,
      [container("clock", 1721, [leaf("boot-datetime", 1722, "string"), leaf("current-datetime", 1723, "string")])],
      state,
    ),
    container("ietf-system:system", 1700, [
      container("authentication", 1701, [
        list(
          "user",
          1730,
          ["name"],
          [
            leaf("name", 1731, "string"),
            list(
              "authorized-key",
              1732,
              ["name", "country"],
              [leaf("country", 1733, "string"), leaf("key-data", 1734, "binary"), leaf("name", 1735, "string")],
              { orderedByUser: true },
            ),
          ],
        ),
      ]),
      container("clock", 1738, [leaf("timezone-utc-offset", 1740, { base: "int16", range: [["-1500", "1500"]] })]),
      leaf("contact", 1741, "string"),
      container("dns-resolver", 1742, [leafList("search", 1746, "string", { orderedByUser: true })]),
      leaf("hostname", 1752, "string"),
      container(
        "ntp",
        1754,
        [
          leaf("enabled", 1755, "boolean", { defaults: ["true"] }),
          list(
            "server",
            1756,
            ["name"],
            [
              leaf("association-type", 1757, enums("server", "peer", "pool"), { defaults: ["server"] }),
              leaf("iburst", 1758, "boolean", { defaults: ["false"] }),
              leaf("name", 1759, "string"),
              leaf("prefer", 1760, "boolean", { defaults: ["false"] }),
              container(
                "udp",
                1761,
                [leaf("address", 1762, "string", { mandatory: true }), leaf("port", 1763, "uint16")],
                {
                  cases: [{ choice: "transport", case: "udp", mandatory: true, isDefault: false }],
                },
              ),
            ],
            { orderedByUser: true },
          ),
        ],
        { presence: true },
      ),
    ]),
    container(
      "ietf-coreconf:error",
      1024,
      [
        leaf("error-app-tag", 1025, { base: "identityref", identityBases: ["ietf-coreconf:error-app-tag"] }),
        leaf("error-data-node", 1026, "instance-identifier"),
        leaf("error-message", 1027, "string"),
        leaf("error-tag", 1028, { base: "identityref", identityBases: ["ietf-coreconf:error-tag"] }),
      ],
      { structure: true },
    ),
    anydata("event-log:last-event", 60123),
    notification("example-port:example-port-fault", 60200, [
      leaf("port-name", 60201, "string"),
      leaf("port-fault", 60202, "string"),
    ]),
    notification("draft-port:example-port-fault", 60010, [
      leaf("port-name", 60011, "string"),
      leaf("port-fault", 60012, "string"),
    ]),
    rpc("example-ops:reboot", 61000, [
      input("input", 61009, [leaf("delay", 61001, "uint32", { defaults: ["0"] })]),
      output("output", 61010),
    ]),
    list(
      "example-server-farm:server",
      62000,
      ["name"],
      [
        leaf("name", 62001, "string"),
        action("reset", 62002, [
          input("input", 62008, [leaf("reset-at", 62003, "string", { mandatory: true })]),
          output("output", 62009, [leaf("reset-finished-at", 62004, "string", { mandatory: true })]),
        ]),
      ],
    ),
    { kind: "anyxml", name: "bar-module:bar", sid: 60000 },
  ],
  [
    ["ietf-interfaces:interface-type", 1500],
    ["iana-if-type:iana-interface-type", 1880 - 1, "ietf-interfaces:interface-type"],
    ["iana-if-type:ethernetCsmacd", 1880, "iana-if-type:iana-interface-type"],
    ["ietf-coreconf:error-app-tag", 1006],
    ["ietf-coreconf:error-tag", 1007],
    ["ietf-coreconf:invalid-value", 1011, "ietf-coreconf:error-tag"],
    ["ietf-coreconf:not-in-range", 1018, "ietf-coreconf:error-app-tag"],
  ],
);
