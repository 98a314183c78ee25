/** RFC 9176 §5 and §7 at the request port: registering, updating, removing, and who may. */
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { hours, type NodeId, type Peer, seconds } from "../../../gateway/base/index.ts";
import type { Request, Response } from "../../../gateway/coap/index.ts";
import { GRACE } from "../../../gateway/service/directory/index.ts";
import {
  type DirectorySite,
  HOST_1,
  HOST_1_OTHER_PORT,
  HOST_2,
  LOCAL_1,
  links,
  MANAGER,
  NODE_1,
  NODE_2,
  NODE_IN_LAB,
  openDirectory,
  textOf,
} from "../../support/directory.ts";
import { request } from "../../support/services.ts";

let site: DirectorySite;
beforeEach(async () => {
  site = await openDirectory();
});
afterEach(() => site.kill());

/** RFC 9176 §5, Figure 5 and 6. */
const PAYLOAD = links(
  '</sensors/temp>;rt="temperature-c";if="sensor",<http://www.example.com/sensors/temp>;anchor="/sensors/temp";rel="describedby"',
);

const register = (query: string, more: Parameters<DirectorySite["ask"]>[2] = {}): Promise<Response> =>
  site.ask("POST", `rd?${query}`, { ...PAYLOAD, ...more });
const locationOf = ({ locationPath }: Response): string => (locationPath ?? []).join("/");
const endpoints = async (query = ""): Promise<string> => textOf(await site.ask("GET", `rd-lookup/ep${query}`));
const resources = async (query = ""): Promise<string> => textOf(await site.ask("GET", `rd-lookup/res${query}`));
const factTypes = async (): Promise<readonly string[]> => (await site.journal.read(1, 100)).map(({ type }) => type);

test("a registration is created at a location that stays", async () => {
  const first = await register("ep=node1");
  expect(first).toMatchObject({ code: "2.01", locationPath: ["rd", expect.stringMatching(/^[A-Za-z0-9_-]{10}$/)] });
  const location = locationOf(first);
  expect(locationOf(await register("ep=node1", links("</other>")))).toBe(location);
  expect(await resources()).toBe("<coap://[2001:db8::1]/other>");
  expect(locationOf(await register("ep=node1&d=floor-3"))).not.toBe(location);
  expect(site.directory.size).toBe(2);
  expect((await site.ask("DELETE", location)).code).toBe("2.02");
  expect(locationOf(await register("ep=node1"))).toBe(location);
});

test("targets and anchors are resolved against the base, and follow it (§5.3.1)", async () => {
  const location = locationOf(await register("ep=endpoint1&lt=500&base=coap://local-proxy-old.example.com"));
  expect(await resources("?ep=endpoint1")).toBe(
    '<coap://local-proxy-old.example.com/sensors/temp>;rt="temperature-c";if="sensor",' +
      '<http://www.example.com/sensors/temp>;anchor="coap://local-proxy-old.example.com/sensors/temp";rel="describedby"',
  );
  expect((await site.ask("POST", `${location}?base=coaps://new.example.com`)).code).toBe("2.04");
  expect(await resources("?ep=endpoint1")).toBe(
    '<coaps://new.example.com/sensors/temp>;rt="temperature-c";if="sensor",' +
      '<http://www.example.com/sensors/temp>;anchor="coaps://new.example.com/sensors/temp";rel="describedby"',
  );
});

const BASES: ReadonlyArray<readonly [name: string, from: Peer, base: string]> = [
  ["the default port is left out", HOST_1, "coap://[2001:db8::1]"],
  ["another port is named", HOST_2, "coap://192.0.2.2:61616"],
  ["a zone is never told", LOCAL_1, "coap://[fe80::1]"],
];
test.each(BASES)("without a base the address of the request is taken: %s", async (_name, from, base) => {
  await register("ep=node1", { from });
  expect(textOf(await site.ask("GET", "rd-lookup/ep", { from }))).toContain(`base="${base}"`);
});

test("an update follows the address unless a base was given, and resets the lifetime", async () => {
  const location = locationOf(await register("ep=node1&lt=60"));
  await site.clock.advance(seconds(50));
  expect((await site.ask("POST", location, { from: HOST_1_OTHER_PORT })).code).toBe("2.04");
  expect(await endpoints()).toContain('base="coap://[2001:db8::1]:40000"');
  await site.clock.advance(seconds(50));
  expect(await endpoints()).not.toBe("");
  expect((await site.ask("POST", `${location}?base=coap://fixed.example`)).code).toBe("2.04");
  expect((await site.ask("POST", location, { from: HOST_1_OTHER_PORT })).code).toBe("2.04");
  expect(await endpoints()).toContain('base="coap://fixed.example"');
});

test("unknown parameters are kept, and an update overrides those of the same name", async () => {
  const location = locationOf(await register("ep=node1&et=tag:example.com,2020:platform&x=1&x=2"));
  await site.ask("POST", `${location}?x=3`);
  expect(await endpoints()).toBe(
    `</${location}>;base="coap://[2001:db8::1]";ep="node1";et="tag:example.com,2020:platform";x=3;rt="core.rd-ep"`,
  );
});

test("what only renews leaves a small fact without links, and observers alone", async () => {
  const location = locationOf(await register("ep=node1&lt=60"));
  await site.clock.advance(seconds(1));
  expect(site.changes()).toBe(1);
  await site.ask("POST", location);
  await register("ep=node1&lt=120");
  await site.clock.advance(seconds(1));
  expect(site.changes()).toBe(1);
  expect(await factTypes()).toEqual(["directory.registered", "directory.renewed", "directory.renewed"]);
  expect((await site.journal.read(2, 1))[0]).not.toHaveProperty("links");
});

test("a lifetime ends in lookups at once, and can be renewed for a while", async () => {
  const location = locationOf(await register("ep=node1&lt=60"));
  await site.clock.advance(seconds(59));
  expect(await endpoints()).toContain("node1");
  await site.clock.advance(seconds(1));
  expect([await endpoints(), await resources()]).toEqual(["", ""]);
  expect(site.changes()).toBe(2);
  expect((await site.ask("POST", location)).code).toBe("2.04");
  expect(await endpoints()).toContain("node1");
  await site.clock.advance(seconds(60 + GRACE / 1000 + 1));
  expect((await site.ask("POST", location)).code).toBe("4.04");
  expect(site.directory.size).toBe(0);
  expect((await factTypes()).at(-1)).toBe("directory.removed");
});

test("without lt a registration lives 25 hours", async () => {
  await register("ep=node1");
  await site.clock.advance(hours(24.9));
  expect(await endpoints()).toContain("node1");
  await site.clock.advance(hours(0.1));
  expect(await endpoints()).toBe("");
});

describe("who may", () => {
  test("a security context has one name, which it may leave out", async () => {
    const location = locationOf(await register("lt=60", { from: NODE_1 }));
    expect(await endpoints()).toContain('ep="room-1"');
    expect(locationOf(await register("ep=room-1", { from: NODE_1 }))).toBe(location);
    expect((await register("ep=room-2", { from: NODE_1 })).code).toBe("4.03");
  });

  test("only the owner or a manager changes a registration", async () => {
    const location = locationOf(await register("", { from: NODE_1 }));
    for (const from of [NODE_2, HOST_1]) {
      expect((await site.ask("POST", location, { from })).code).toBe("4.03");
      expect((await site.ask("DELETE", location, { from })).code).toBe("4.03");
    }
    expect((await site.ask("POST", `${location}?lt=5`, { from: MANAGER })).code).toBe("2.04");
    expect(await endpoints()).toContain('base="coap://[2001:db8::11]"'); // and not the manager's address
    expect((await site.ask("DELETE", location, { from: MANAGER })).code).toBe("2.02");
  });

  test("a node with a context takes its name back from a manager; an address cannot have it", async () => {
    expect((await register("ep=room-1", { from: HOST_1 })).code).toBe("4.03");
    await register("ep=room-1&base=coap://tool.example", { from: MANAGER });
    expect((await register("ep=room-1", { from: NODE_2 })).code).toBe("4.03");
    expect((await register("", { from: NODE_1 })).code).toBe("2.01");
    expect(await endpoints()).toContain('base="coap://[2001:db8::11]"');
  });

  test("who registers for others must name their base (§5.2)", async () => {
    expect((await register("ep=x", { from: MANAGER })).code).toBe("4.00");
    expect((await register("ep=x&base=coap://x.example", { from: MANAGER })).code).toBe("2.01");
    expect((await site.journal.read(1, 1))[0]).not.toHaveProperty("node");
  });

  test("without contexts the first address comes first, whatever its port (§7.5)", async () => {
    const location = locationOf(await register("ep=node1&lt=60"));
    expect((await register("ep=node1", { from: HOST_2 })).code).toBe("4.03");
    expect((await site.ask("POST", location, { from: HOST_2 })).code).toBe("4.03");
    expect((await site.ask("DELETE", location, { from: HOST_2 })).code).toBe("4.03");
    expect((await register("ep=node1", { from: HOST_1_OTHER_PORT })).code).toBe("2.01");
    await site.clock.advance(seconds(100_000));
    expect((await register("ep=node1", { from: HOST_2 })).code).toBe("2.01");
  });

  test("a node that leaves the inventory leaves the directory", async () => {
    await register("", { from: NODE_1 });
    await register("d=x", { from: NODE_1 });
    await register("", { from: NODE_2 });
    await site.ledger.record("node.removed", { node: "n-0001" as NodeId, actor: "test" });
    expect(await endpoints()).toMatch(/^[^,]*room-2[^,]*$/);
  });

  test("of two that want one name by simple registration at once only the first has it", async () => {
    site.kill();
    let answer = (): void => undefined;
    const answered = new Promise<void>((resolve) => {
      answer = resolve;
    });
    site = await openDirectory({ fetchLinks: () => answered.then(() => ({ links: links("</a>").payload })) });
    const asked = [HOST_1, HOST_2].map((from) => site.ask("POST", ".well-known/rd?ep=node1", { from }));
    answer();
    expect((await Promise.all(asked)).map(({ code }) => code)).toEqual(["2.04", "4.03"]);
  });

  test("the facts name the node that spoke for itself", async () => {
    const locations = [locationOf(await register("", { from: NODE_1 })), locationOf(await register("ep=node1"))];
    await register("ep=node1&d=elsewhere");
    await register("ep=stranger");
    await site.ask("POST", locations[0] ?? "", { from: NODE_1 });
    await site.ask("POST", locations[0] ?? "", { from: MANAGER });
    await site.ask("DELETE", locations[1] ?? "");
    const facts = await site.journal.read(1, 100);
    expect(facts.map((fact) => ("node" in fact ? fact.node : undefined))).toEqual([
      "n-0001",
      NODE_IN_LAB,
      undefined,
      undefined,
      "n-0001",
      undefined,
      NODE_IN_LAB,
    ]);
  });
});

const WRONG: ReadonlyArray<
  readonly [
    name: string,
    method: Request["method"],
    uri: string,
    more: Partial<Request> & { from?: Peer },
    code: string,
  ]
> = [
  ["a registration without a name", "POST", "rd", PAYLOAD, "4.00"],
  ["a lifetime of 0", "POST", "rd?ep=a&lt=0", PAYLOAD, "4.00"],
  ["links that are none", "POST", "rd?ep=a", links("hello"), "4.00"],
  ["links of 9 kB", "POST", "rd?ep=a", links(`</${"a".repeat(9000)}>`), "4.13"],
  ["another content format", "POST", "rd?ep=a", { ...PAYLOAD, contentFormat: 60 }, "4.15"],
  ["a link-local base from elsewhere", "POST", "rd?ep=a&base=coap://[fe80::9]", PAYLOAD, "4.00"],
  ["GET of the directory", "GET", "rd", {}, "4.05"],
  ["GET of a registration", "GET", "rd/abc", {}, "4.05"],
  ["an update of what is not there", "POST", "rd/abc", {}, "4.04"],
  ["the removal of what is not there", "DELETE", "rd/abc", {}, "4.04"],
  ["an update with links", "POST", "rd/abc", PAYLOAD, "4.00"],
  ["a precondition", "POST", "rd?ep=a", { ...PAYLOAD, ifNoneMatch: true }, "4.02"],
  ["POST to a lookup", "POST", "rd-lookup/ep", {}, "4.05"],
  ["a lookup in another format", "GET", "rd-lookup/ep", { accept: 60 }, "4.06"],
  ["a page without a count", "GET", "rd-lookup/ep?page=1", {}, "4.00"],
  ["a count that is none", "GET", "rd-lookup/ep?count=x", {}, "4.00"],
  ["a path that is no address", "POST", "rd?ep=a", { ...PAYLOAD, from: { ...HOST_1, path: "cid:01" } }, "4.00"],
];
test.each(WRONG)("%s", async (_name, method, uri, more, code) => {
  const response = await site.ask(method, uri, more);
  expect(response.code).toBe(code);
  expect(site.journal.last).toBe(0);
});

test("an update changes neither name nor sector", async () => {
  const location = locationOf(await register("ep=node1"));
  expect((await site.ask("POST", `${location}?ep=node1`)).code).toBe("2.04");
  expect((await site.ask("POST", `${location}?ep=node2`)).code).toBe("4.00");
  expect((await site.ask("POST", `${location}?d=x`)).code).toBe("4.00");
});

test.each(["rd-lookup", "rd-lookup/x", "rd-lookup/ep/x", "rd/a/b", ".well-known/core", ".well-known/rd", "c", ""])(
  "/%s is not the directory's",
  (path) => expect(site.handler(HOST_1, request("GET", path))).toBeUndefined(),
);

describe("limits", () => {
  test("one node has eight registrations, and keeps them", async () => {
    for (let i = 0; i < 8; i++) expect((await register(`d=${i}`, { from: NODE_1 })).code).toBe("2.01");
    expect(await register("d=8", { from: NODE_1 })).toMatchObject({ code: "5.03", maxAge: 60 });
    expect((await register("d=7", { from: NODE_1 })).code).toBe("2.01");
  });

  test("the directory has its limits in number and bytes", async () => {
    site.kill();
    site = await openDirectory({ limits: { registrations: 2, bytes: 10_000 } });
    await register("ep=a");
    await register("ep=b");
    expect((await register("ep=c")).code).toBe("5.03");
    expect((await register("ep=b", links("</b>"))).code).toBe("2.01");
    await register("ep=a", links(`</${"a".repeat(8000)}>`));
    await register("ep=b", links(`</${"a".repeat(8000)}>`));
    expect((await register("ep=b", links("</b>"))).code).toBe("5.03");
  });

  test("a full directory lets those in it live on as they are", async () => {
    site.kill();
    site = await openDirectory({ limits: { registrations: 2, bytes: 5_000 } });
    const large = links(`</${"a".repeat(8000)}>`);
    const location = locationOf(await register("ep=a", large));
    expect((await register("ep=a", large)).code).toBe("2.01");
    expect((await site.ask("POST", `${location}?lt=60`)).code).toBe("2.04");
    expect((await site.ask("POST", `${location}?x=1`)).code).toBe("5.03");
    expect((await register("ep=b")).code).toBe("5.03");
  });

  test("update after update, a registration has sixteen attributes at most", async () => {
    const attributes = (from: number, count: number): string =>
      Array.from({ length: count }, (_, i) => `x${from + i}=1`).join("&");
    const location = locationOf(await register(`ep=node1&${attributes(0, 10)}`));
    expect((await site.ask("POST", `${location}?${attributes(10, 6)}`)).code).toBe("2.04");
    expect((await site.ask("POST", `${location}?${attributes(0, 16)}`)).code).toBe("2.04");
    expect((await site.ask("POST", `${location}?${attributes(16, 1)}`)).code).toBe("4.00");
  });
});
