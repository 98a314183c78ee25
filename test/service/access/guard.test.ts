/** RFC 8341 §3.2: what is seen, what may be edited, called and heard, and what is said about the rest. */
import { describe, expect, test } from "@jest/globals";
import { AccessDenied, type Guard } from "../../../gateway/service/access/index.ts";
import {
  edit,
  fromJson,
  type Instance,
  type JsonObject,
  readTree,
  select,
  validateEdit,
  valueFromJson,
} from "../../../gateway/yang/index.ts";
import { config, data, guardOf, id, list, NET, ruled, shown } from "./world.ts";

const SITE = data({
  "net:interfaces": {
    interface: [
      {
        name: "eth0",
        mtu: 1400,
        secret: "s3cret",
        speed: 100,
        fixed: "10.0.0.1",
        peer: [{ host: "a", port: 1, note: "x" }],
      },
      { name: "dummy", secret: "other" },
    ],
    order: ["a", "b"],
  },
  "acme:config": { mode: "on", keys: { key: "k" }, radio: "on" },
});
const ETH = "/net:interfaces/interface[name='eth0']";
const DUMMY = "/net:interfaces/interface[name='dummy']";

describe("what is seen", () => {
  const SEEN: ReadonlyArray<readonly [name: string, rules: readonly string[], json: JsonObject]> = [
    ["nothing without a rule", [], {}],
    [
      "all of a module, and nothing of what augments it",
      ["deny read /net:interfaces", "permit read acme"],
      { "acme:config": { mode: "on", keys: { key: "k" }, radio: "on" } },
    ],
    [
      "a leaf that is denied is left out",
      ["deny read /net:interfaces/interface/secret", "deny read /net:interfaces/interface/peer", "permit read net"],
      {
        "net:interfaces": {
          interface: [{ name: "eth0", mtu: 1400, speed: 100, fixed: "10.0.0.1" }, { name: "dummy" }],
          order: ["a", "b"],
        },
      },
    ],
    [
      "a leaf that is permitted, on its way",
      ["permit read /net:interfaces/interface/mtu"],
      { "net:interfaces": { interface: [{ name: "eth0", mtu: 1400 }, { name: "dummy" }] } },
    ],
    [
      "an entry that is permitted, and no other",
      ["permit read /net:interfaces/interface[name='dummy']"],
      { "net:interfaces": { interface: [{ name: "dummy", secret: "other" }] } },
    ],
    [
      "in an entry that is permitted, what a rule before it denies",
      ["deny read /net:interfaces/interface/secret", "permit read /net:interfaces/interface[name='dummy']"],
      { "net:interfaces": { interface: [{ name: "dummy" }] } },
    ],
    [
      "what is below something denied is not there",
      ["permit read /net:interfaces/order", "deny read /net:interfaces"],
      {},
    ],
    [
      "an entry whose key is denied cannot be told",
      ["deny read /net:interfaces/interface/name", "permit read /net:interfaces"],
      { "net:interfaces": { order: ["a", "b"] } },
    ],
  ];
  test.each(SEEN)("%s", (_name, rules, json) => {
    const seen = ruled(...rules).readable(SITE, NET);
    expect(shown(seen)).toEqual(json);
  });

  test("who may read everything gets the very same tree", () => {
    expect(ruled("permit read *").readable(SITE, NET)).toBe(SITE);
  });

  const fetch = (guard: Guard, path: string, defaults: "a" | "t" = "t"): unknown =>
    guard.mayRead(id(path), NET)
      ? guard.reveal(id(path), select(SITE, id(path), NET, { content: "a", defaults }), NET)
      : undefined;

  test("CC-S3: a node that may not be read is answered like one that is not there, its default too", () => {
    const { guard, denials } = guardOf(
      config([list("l", ["g"], "deny read /net:interfaces/interface/mtu", "permit read net")]),
      ["g"],
    );
    expect(fetch(guard, `${ETH}/mtu`)).toBeUndefined();
    expect(fetch(guard, `${DUMMY}/mtu`)).toBeUndefined(); // 1500 by default
    expect(fetch(guard, `${ETH}/secret`)).toBe("s3cret");
    expect(denials).toMatchObject([{ user: "boss", operation: "read", path: `${ETH}/mtu` }, { path: `${DUMMY}/mtu` }]);
    const all = readTree(SITE, NET, { content: "a", defaults: "a" });
    expect(JSON.stringify(shown(all))).toContain('"mtu":1500');
    expect(JSON.stringify(shown(guard.readable(all, NET)))).not.toContain("mtu");
  });

  test("a list is answered with the entries that may be read, an entry as what is left of it", () => {
    const guard = ruled(
      "deny read /net:interfaces/interface/secret",
      "permit read /net:interfaces/interface[name='dummy']",
    );
    const name = id(`${DUMMY}/name`).sid;
    expect(fetch(guard, "/net:interfaces/interface")).toEqual([new Map([[name, "dummy"]])]);
    expect(fetch(guard, DUMMY)).toEqual(new Map([[name, "dummy"]]));
    expect(fetch(guard, ETH)).toBeUndefined();
    expect(fetch(guard, "/net:interfaces/order")).toBeUndefined();
  });
});

const set = (path: string, json: unknown): Instance => ({
  id: id(path),
  value: valueFromJson(json as JsonObject, id(path).sid, NET),
});
const remove = (path: string): Instance => ({ id: id(path), value: undefined });
const entry = (json: JsonObject): Instance => {
  const tree = fromJson({ "net:interfaces": { interface: [json] } }, NET);
  const interfaces = tree.get(id("/net:interfaces").sid) as ReadonlyMap<number, readonly ReadonlyMap<number, never>[]>;
  return { id: id("/net:interfaces/interface"), value: interfaces.get(id("/net:interfaces/interface").sid)![0]! };
};

/** Where it is denied, or undefined. */
function denied(rules: readonly string[], instances: readonly Instance[]): unknown {
  try {
    ruled(...rules).checkEdit(SITE, instances, NET);
    return undefined;
  } catch (error) {
    if (error instanceof AccessDenied) return error.facts["path"];
    throw error;
  }
}

describe("what may be edited", () => {
  const EDITS: ReadonlyArray<
    readonly [name: string, rules: readonly string[], instances: readonly Instance[], denied: string | undefined]
  > = [
    ["nothing without a rule", ["permit read *"], [set(`${ETH}/mtu`, 1300)], `${ETH}/mtu`],
    ["an update", ["permit update net"], [set(`${ETH}/mtu`, 1300)], undefined],
    ["an update is no creation", ["permit update net"], [set(`${DUMMY}/mtu`, 1300)], `${DUMMY}/mtu`],
    ["a creation", ["permit create net"], [set(`${DUMMY}/mtu`, 1300)], undefined],
    ["a deletion", ["permit delete,read net"], [remove(`${ETH}/mtu`)], undefined],
    ["a deletion is no update", ["permit create,update,read net"], [remove(`${ETH}/mtu`)], `${ETH}/mtu`],
    [
      "one of several parts",
      ["permit update /net:interfaces/interface/mtu"],
      [set(`${ETH}/mtu`, 1300), set(`${ETH}/secret`, "x")],
      `${ETH}/secret`,
    ],
    [
      "an entry is created with each of its leaves",
      ["deny create /net:interfaces/interface/secret", "permit create net"],
      [entry({ name: "new", secret: "x" })],
      "/net:interfaces/interface[name='new']/secret",
    ],
    [
      "an entry without that leaf",
      ["deny create /net:interfaces/interface/secret", "permit create net"],
      [entry({ name: "new" })],
      undefined,
    ],
    [
      "a leaf in an entry that is not there creates the entry",
      ["permit create /net:interfaces/interface/mtu"],
      [set("/net:interfaces/interface[name='new']/mtu", 1300)],
      "/net:interfaces/interface[name='new']",
    ],
    [
      "an entry is deleted with all that is in it, also what is not to be seen: then not named",
      ["deny all /net:interfaces/interface/secret", "permit all net"],
      [remove(ETH)],
      ETH,
    ],
    [
      "what is replaced is deleted",
      ["deny delete,read /net:interfaces/interface/secret", "permit all net"],
      [entry({ name: "eth0", mtu: 1300 })],
      ETH,
    ],
    [
      "another case deletes this one",
      ["deny delete /net:interfaces/interface/fixed", "permit all net"],
      [set(`${ETH}/automatic`, {})],
      `${ETH}/fixed`,
    ],
    ["the right entry", [`permit update ${ETH}`], [set(`${ETH}/mtu`, 1300)], undefined],
    ["the wrong entry", [`permit update ${DUMMY}`], [set(`${ETH}/mtu`, 1300)], `${ETH}/mtu`],
    [
      "an order is updated",
      ["permit create,delete,read net"],
      [set("/net:interfaces/order", ["b", "a"])],
      "/net:interfaces/order",
    ],
    [
      "values of a leaf-list are created and deleted",
      ["permit create net"],
      [set("/net:interfaces/order", ["a", "b", "c"])],
      undefined,
    ],
    ["and deleted", ["permit create,read net"], [set("/net:interfaces/order", ["a"])], "/net:interfaces/order"],
    [
      "what stays as it is needs no right of who may read it",
      ["permit read net"],
      [set(`${ETH}/mtu`, 1400)],
      undefined,
    ],
    [
      "but tells nothing to who may not",
      ["permit update /net:interfaces/order"],
      [set(`${ETH}/secret`, "s3cret")],
      `${ETH}/secret`,
    ],
    ["nor what is not there", ["permit update net"], [remove(`${DUMMY}/mtu`)], "/"],
    ["nothing to delete, for who may read that", ["permit read net"], [remove(`${DUMMY}/mtu`)], undefined],
  ];
  test.each(EDITS)("CC-S3: %s", (_name, rules, instances, expected) => {
    expect(denied(rules, instances)).toBe(expected);
  });
});

describe("what is wrong with an edit", () => {
  const keyless: Instance = entry({ name: "new", secret: "x" });
  const broken: Instance = {
    ...keyless,
    value: new Map([...(keyless.value as ReadonlyMap<number, string>)].filter(([, value]) => value !== "new")),
  };
  const code = (...rules: readonly string[]): unknown => {
    try {
      ruled(...rules).checkEdit(SITE, [broken], NET);
      return "done";
    } catch (error) {
      return (error as { readonly code: string }).code;
    }
  };
  test("is told to whom could make it, and to nobody else", () => {
    expect(code("permit create net")).toBe("yang.missing-key");
    expect(code("permit update net")).toBe("yang.missing-key");
    expect(code("permit read net")).toBe("access.denied");
  });
});

describe("what may be called and heard", () => {
  const call = (rules: readonly string[], path: string): boolean => {
    const { sid, keys } = id(path);
    try {
      ruled(...rules).checkCall(NET.bySid(sid)!, keys, NET);
      return true;
    } catch (error) {
      if (error instanceof AccessDenied) return false;
      throw error;
    }
  };
  test.each([
    ["an rpc", ["permit exec rpc:reboot"], "/net:reboot", true],
    ["an rpc without a rule", ["permit exec rpc:reboot"], "/net:ping", false],
    ["an action, where its node can be read", ["permit exec,read net"], `${ETH}/reset`, true],
    ["an action, where its node cannot be read", ["permit exec net"], `${ETH}/reset`, false],
    ["an action of one entry", [`permit exec,read ${ETH}`], `${ETH}/reset`, true],
    ["and of no other", [`permit exec,read ${ETH}`], `${DUMMY}/reset`, false],
  ] as const)("%s", (_name, rules, path, expected) => {
    expect(call(rules, path)).toBe(expected);
  });

  test("a notification that may not be heard is left out and counted", () => {
    const watched = guardOf(config([list("l", ["g"], "permit read notification:alarm")]), ["g"]);
    const hears = (path: string): boolean => watched.guard.mayHear(id(path).sid, NET, id(path).keys);
    expect([hears("/net:alarm"), hears("/net:calm"), hears(`${ETH}/down`)]).toEqual([true, false, false]);
    expect(watched.unheard).toBe(2);
    expect(watched.denials).toEqual([]);
  });
});

describe("what an error tells", () => {
  const told = (guard: Guard, instances: readonly Instance[]): Readonly<Record<string, unknown>> => {
    try {
      validateEdit(SITE, edit(SITE, instances, NET), instances, NET);
      return {};
    } catch (error) {
      const concealed = guard.conceal(error, NET) as { code: string; facts: object; at?: object; message: string };
      return { code: concealed.code, ...concealed.facts, at: concealed.at, message: concealed.message };
    }
  };
  const CASES: ReadonlyArray<readonly [name: string, instance: Instance, code: string]> = [
    ["of a reference", set("/net:uplink", "lost"), "yang.instance-required"],
    ["of a must", set("/net:uplink", "eth0"), "yang.must-violation"],
  ];
  test.each(CASES)("%s that may be read: the place and the text", (_name, instance, code) => {
    const error = told(ruled("permit read net"), [instance]);
    expect(error).toMatchObject({ code, path: "/net:uplink", at: { sid: id("/net:uplink").sid } });
  });
  test.each(CASES)("%s that may not be read: its code alone", (_name, instance, code) => {
    const error = told(ruled("permit update,create /net:uplink"), [instance]);
    expect(error).toMatchObject({ code, path: "/", at: undefined });
    expect(error["tag"]).toBeTruthy();
    for (const word of ["uplink", "lost", "eth0", "mtu", "1450"]) expect(JSON.stringify(error)).not.toContain(word);
  });
});
