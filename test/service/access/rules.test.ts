/** RFC 8341 §3.4 as a table: which rule has the word, and what holds where none has. */
import { describe, expect, test } from "@jest/globals";
import {
  type AccessConfig,
  CompiledRules,
  explainAccess,
  type Operation,
  permitsAll,
} from "../../../gateway/service/access/index.ts";
import { config, id, list, NET } from "./world.ts";

/** After the example of Appendix A: groups of guests, of limited users and of admins, and rules about data for all. */
const SITE = config([
  list("guest-acl", ["guest"], "deny all acme"),
  list("limited-acl", ["limited"], "permit read net", "permit exec rpc:ping", "permit read acme"),
  list("admin-acl", ["admin"], "permit all *"),
  list(
    "data-acl",
    ["*"],
    "deny all /acme:config/keys",
    "permit read,create,update,delete /acme:config",
    "permit read,update /net:interfaces/interface[name='dummy']",
    "permit read /net:interfaces/interface",
    "permit read notification:alarm",
  ),
]);

const DUMMY = "/net:interfaces/interface[name='dummy']";
const ETH = "/net:interfaces/interface[name='eth0']";

const verdict = (of: AccessConfig, groups: readonly string[], operation: Operation, path: string): string => {
  const { sid, keys } = id(path);
  return new CompiledRules(of, groups, NET).verdict(NET.bySid(sid)!, operation, keys);
};

const APPENDIX_A: ReadonlyArray<readonly [group: string, operation: Operation, path: string, verdict: string]> = [
  ["guest", "read", "/acme:config/mode", "deny"],
  ["guest", "read", `${ETH}/mtu`, "permit"],
  ["guest", "update", `${DUMMY}/mtu`, "permit"],
  ["guest", "update", `${ETH}/mtu`, "deny"],
  ["guest", "create", DUMMY, "deny"],
  ["guest", "read", `${ETH}/acme:acme`, "deny"],
  ["guest", "exec", "/net:ping", "deny"],
  ["guest", "read", "/net:alarm", "permit"],
  ["guest", "read", "/net:calm", "deny"],
  ["limited", "read", "/net:uplink", "permit"],
  ["limited", "read", "/acme:config/keys/key", "permit"],
  ["limited", "update", "/acme:config/keys/key", "deny"],
  ["limited", "update", "/acme:config/mode", "permit"],
  ["limited", "exec", "/net:ping", "permit"],
  ["limited", "exec", "/net:reboot", "deny"],
  ["limited", "read", "/net:calm", "permit"],
  ["admin", "delete", "/acme:config/keys/key", "permit"],
  ["admin", "exec", "/acme:wipe", "permit"],
  ["nobody", "read", "/acme:config/mode", "deny"],
];

describe("RFC 8341, Appendix A", () => {
  test.each(APPENDIX_A)("a user of %s: %s %s is %s", (group, operation, path, expected) => {
    expect(verdict(SITE, group === "nobody" ? [] : [group], operation, path)).toBe(expected);
  });
});

const ORDER: ReadonlyArray<
  readonly [name: string, rules: readonly string[], operation: Operation, path: string, verdict: string]
> = [
  ["the first rule that matches has the word", ["deny read net", "permit read *"], "read", "/net:uplink", "deny"],
  ["of another module it says nothing", ["deny read acme", "permit read *"], "read", "/net:uplink", "permit"],
  [
    "a leaf that augments is of the module that augments",
    ["deny read acme", "permit read *"],
    "read",
    `${ETH}/acme:acme`,
    "deny",
  ],
  ["a rule is about its operations only", ["deny update *", "permit all *"], "create", "/net:uplink", "permit"],
  [
    "a path is about what is below it too",
    ["permit read /net:interfaces"],
    "read",
    `${ETH}/peer[host='a'][port='1']/note`,
    "permit",
  ],
  [
    "a path is not about what is above it",
    ["permit update /net:interfaces/order"],
    "update",
    "/net:interfaces",
    "deny",
  ],
  ["a path that this schema lacks is about nothing", ["permit read /other:thing"], "read", "/net:uplink", "deny"],
  ["keys that are no keys: about nothing", ["permit read /net:interfaces/interface[mtu='1']"], "read", ETH, "deny"],
  [
    "an entry named by its keys",
    ["permit read /net:interfaces/interface[name='eth0']"],
    "read",
    `${ETH}/mtu`,
    "permit",
  ],
  ["and no other entry", ["permit read /net:interfaces/interface[name='eth0']"], "read", `${DUMMY}/mtu`, "deny"],
  [
    "all entries: it depends",
    ["permit read /net:interfaces/interface[name='eth0']"],
    "read",
    "/net:interfaces/interface",
    "open",
  ],
  [
    "keys of an inner list alone",
    ["permit read /net:interfaces/interface/peer[host='a'][port='1']"],
    "read",
    `${ETH}/peer[host='a'][port='1']/note`,
    "permit",
  ],
  [
    "a slash and quotes in a key",
    [`permit read /net:interfaces/interface[name="a/'b"]`],
    "read",
    `/net:interfaces/interface[name="a/'b"]/mtu`,
    "permit",
  ],
  ["all rpcs", ["permit exec rpc:*"], "exec", "/net:reboot", "permit"],
  ["a rule about rpcs is not about data", ["permit all rpc:*"], "read", "/net:uplink", "deny"],
  ["nor about actions", ["permit all rpc:*"], "exec", `${ETH}/reset`, "deny"],
  ["an action by its path", ["permit exec /net:interfaces/interface/reset"], "exec", `${ETH}/reset`, "permit"],
  ["all notifications", ["permit read notification:*"], "read", "/net:calm", "permit"],
  ["a notification in data by the path of the data", ["permit read /net:interfaces"], "read", `${ETH}/down`, "permit"],
];

describe("the order of rules", () => {
  test.each(ORDER)("%s", (_name, rules, operation, path, expected) => {
    expect(verdict(config([list("l", ["g"], ...rules)]), ["g"], operation, path)).toBe(expected);
  });

  test("lists are asked in their order, and only those of the user's groups", () => {
    const lists = [
      list("a", ["g"], "permit read net"),
      list("b", ["h"], "deny all *"),
      list("c", ["*"], "deny read *"),
    ];
    expect(verdict(config(lists), ["g"], "read", "/net:uplink")).toBe("permit");
    expect(verdict(config(lists), ["h", "g"], "read", "/net:uplink")).toBe("permit");
    expect(verdict(config(lists.toReversed()), ["h", "g"], "read", "/net:uplink")).toBe("deny");
  });
});

const DEFAULTS: ReadonlyArray<
  readonly [name: string, more: Partial<AccessConfig>, operation: Operation, path: string, verdict: string]
> = [
  ["read-default", { readDefault: "permit" }, "read", "/net:uplink", "permit"],
  ["read-default is not write-default", { readDefault: "permit" }, "update", "/net:uplink", "deny"],
  ["read-default, of a notification", { readDefault: "permit" }, "read", "/net:alarm", "permit"],
  ["write-default", { writeDefault: "permit" }, "delete", "/net:uplink", "permit"],
  ["exec-default", { execDefault: "permit" }, "exec", "/net:ping", "permit"],
  ["nacm:default-deny-all of data", { readDefault: "permit" }, "read", "/acme:config/keys", "deny"],
  ["nacm:default-deny-all, below it", { readDefault: "permit" }, "read", "/acme:config/keys/key", "deny"],
  ["nacm:default-deny-all of an rpc", { execDefault: "permit" }, "exec", "/acme:wipe", "deny"],
  ["nacm:default-deny-write, to write", { writeDefault: "permit" }, "update", "/acme:config/radio", "deny"],
  ["nacm:default-deny-write, to read", { readDefault: "permit" }, "read", "/acme:config/radio", "permit"],
  ["nothing is enabled", { enable: false }, "exec", "/acme:wipe", "permit"],
];

describe("where no rule says anything (RFC 8341 §3.4.5, steps 10 to 12)", () => {
  test.each(DEFAULTS)("%s", (_name, more, operation, path, expected) => {
    expect(verdict(config([list("l", ["g"])], more), ["g"], operation, path)).toBe(expected);
    // Step 5: whoever is in no group comes straight to here.
    expect(verdict(config([list("l", ["*"], "permit all *")], more), [], operation, path)).toBe(expected);
  });
});

test.each([
  ["a rule that permits all", ["permit all *"], true],
  ["after others that permit", ["permit read net", "permit all *"], true],
  ["after one that denies", ["deny read /net:uplink", "permit all *"], false],
  ["all of one module", ["permit all net"], false],
  ["only to read", ["permit read *"], false],
])("who may everything is not asked further: %s", (_name, rules, expected) => {
  expect(permitsAll(config([list("l", ["g"], ...rules)]), ["g"])).toBe(expected);
});

test("why: the rule, what is above, or a default", () => {
  const of = config([
    list("l", ["g"], "deny read /net:interfaces/interface/secret", "permit read /net:interfaces/interface"),
  ]);
  const why = (operation: Operation, path: string) => {
    const found = explainAccess(of, { user: "g", operation, id: id(path) }, NET);
    return [found?.may, found?.place, found?.because];
  };
  expect(why("read", `${ETH}/mtu`)).toEqual([true, `${ETH}/mtu`, { kind: "rule", list: "l", rule: "r1" }]);
  expect(why("read", `${ETH}/secret`)).toEqual([false, `${ETH}/secret`, { kind: "rule", list: "l", rule: "r0" }]);
  expect(why("update", `${ETH}/mtu`)).toEqual([false, `${ETH}/mtu`, { kind: "default", which: "write-default" }]);
  expect(why("exec", `${ETH}/reset`)).toEqual([false, `${ETH}/reset`, { kind: "default", which: "exec-default" }]);
  expect(why("read", "/acme:config/keys/key")).toEqual([
    false,
    "/acme:config",
    { kind: "default", which: "read-default" },
  ]);
  expect(why("read", "/net:interfaces")).toEqual([true, "/net:interfaces", { kind: "way", list: "l", rule: "r1" }]);
});
