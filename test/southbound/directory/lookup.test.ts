/** RFC 9176 §6: lookups of resources and endpoints, their filters, pages and links of one link only. */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import {
  type DirectorySite,
  HOST_1,
  HOST_2,
  LOCAL_1,
  LOCAL_2,
  LOCAL_OTHER_LINK,
  links,
  openDirectory,
  textOf,
} from "../../support/directory.ts";

let site: DirectorySite;
const locations = new Map<string, string>();

/** The directory of RFC 9176 §6.3 and §6.4, more or less. */
const REGISTRATIONS: ReadonlyArray<readonly [query: string, links: string]> = [
  [
    "ep=node5&base=coap://[2001:db8:3::127]:61616&et=tag:example.com,2020:platform",
    '</temp>;rt="tag:example.org,2020:temperature";if="sensor core.s",</light/left>;rt="light";ct=60',
  ],
  [
    "ep=node7&d=floor-3&base=coap://node7.example.com&et=tag:example.com,2020:platform",
    '</t>;rt="tag:example.org,2020:temperature";if="sensor",<http://www.example.com/t123>;anchor="/t";rel="describedby",</t>;rel="alternate";anchor="/sensors/temp";title="a \\"b\\""',
  ],
  ["ep=node9&d=floor-3&base=coap://node9.example.com/nested/", "<x/y>;obs,<../z>,<>"],
];

beforeAll(async () => {
  site = await openDirectory();
  for (const [query, payload] of REGISTRATIONS) {
    const { locationPath } = await site.ask("POST", `rd?${query}`, links(payload));
    locations.set(query.split("&")[0] ?? "", `/${(locationPath ?? []).join("/")}`);
  }
});
afterAll(() => site.kill());

const found = async (uri: string): Promise<readonly string[]> => {
  const response = await site.ask("GET", `rd-lookup/${uri}`);
  expect(response).toMatchObject({ code: "2.05", contentFormat: 40, observable: "rd-lookup" });
  return [...textOf(response).matchAll(/<([^>]*)>/g)].map(([, target]) => target ?? "").sort();
};

const TEMP5 = "coap://[2001:db8:3::127]:61616/temp";
const LEFT5 = "coap://[2001:db8:3::127]:61616/light/left";
const T7 = "coap://node7.example.com/t";
const WEB7 = "http://www.example.com/t123";
const ALL9 = ["coap://node9.example.com/nested/", "coap://node9.example.com/nested/x/y", "coap://node9.example.com/z"];

const RESOURCES: ReadonlyArray<readonly [query: string, targets: readonly string[]]> = [
  ["", [TEMP5, LEFT5, T7, WEB7, T7, ...ALL9]],
  ["?", [TEMP5, LEFT5, T7, WEB7, T7, ...ALL9]],
  ["?rt=tag:example.org,2020:temperature", [TEMP5, T7]],
  ["?rt=tag:example.org*", [TEMP5, T7]],
  ["?rt=temperature", []],
  ["?if=sensor", [TEMP5, T7]],
  ["?if=core.s", [TEMP5]],
  ["?if=core*", [TEMP5]],
  ["?ct=60", [LEFT5]],
  ["?ep=node5", [TEMP5, LEFT5]],
  ["?ep=node*", [TEMP5, LEFT5, T7, WEB7, T7, ...ALL9]],
  ["?ep=node", []],
  ["?d=floor-3&rt=*", [T7, WEB7, T7, ...ALL9]], // its endpoint has a resource type: core.rd-ep
  ["?et=tag:example.com,2020:platform", [TEMP5, LEFT5, T7, WEB7, T7]],
  ["?et=tag:example.com,2020:platform&rt=light", [LEFT5]],
  ["?base=coap://node7.example.com", [T7, WEB7, T7]],
  [`?href=${TEMP5}`, [TEMP5]],
  ["?href=coap://node7*", [T7, T7]],
  ["?href=/temp", []], // §6.2: in URI form
  ["?anchor=coap://node7.example.com/t", [WEB7]],
  ["?rel=alternate", [T7]],
  ['?title=a "b"', [T7]],
  ["?title=a*", [T7]],
  ["?rt=core.rd-ep&ep=node9", ALL9],
  ["?lt=90000", []], // §6.4: the lifetime is not told
  ["?obs", []],
  ["?nothing=at-all", []],
];
test.each(RESOURCES)("resources%s", async (query, targets) => {
  expect(await found(`res${query}`)).toEqual([...targets].sort());
});

const ENDPOINTS: ReadonlyArray<readonly [query: string, names: readonly string[]]> = [
  ["", ["ep=node5", "ep=node7", "ep=node9"]],
  ["?ep=node7", ["ep=node7"]],
  ["?d=floor-3", ["ep=node7", "ep=node9"]],
  ["?et=tag:example.com,2020:platform", ["ep=node5", "ep=node7"]],
  ["?rt=core.rd-ep", ["ep=node5", "ep=node7", "ep=node9"]],
  ["?rt=light", ["ep=node5"]], // as one of its resources
  ["?rt=light&if=sensor", ["ep=node5"]], // as two of them
  ["?rt=light&d=floor-3", []],
  [`?href=${TEMP5}`, ["ep=node5"]],
  ["?base=coap://node9*", ["ep=node9"]],
];
test.each(ENDPOINTS)("endpoints%s", async (query, names) => {
  expect(await found(`ep${query}`)).toEqual(names.map((name) => locations.get(name) ?? "").sort());
});

test("an endpoint is found by its registration, and its resources too", async () => {
  const location = locations.get("ep=node5") ?? "";
  expect(await found(`ep?href=${location}`)).toEqual([location]);
  expect(await found(`res?href=${location}`)).toEqual([LEFT5, TEMP5].sort());
});

test("links come back as they were registered, their references resolved", async () => {
  expect(textOf(await site.ask("GET", "rd-lookup/res?ep=node7"))).toBe(
    '<coap://node7.example.com/t>;rt="tag:example.org,2020:temperature";if="sensor",' +
      '<http://www.example.com/t123>;anchor="coap://node7.example.com/t";rel="describedby",' +
      '<coap://node7.example.com/t>;rel="alternate";anchor="coap://node7.example.com/sensors/temp";title="a \\"b\\""',
  );
  expect(textOf(await site.ask("GET", "rd-lookup/ep?ep=node7"))).toBe(
    `<${locations.get("ep=node7")}>;base="coap://node7.example.com";ep="node7";d="floor-3";` +
      'et="tag:example.com,2020:platform";rt="core.rd-ep"',
  );
});

const PAGES: ReadonlyArray<readonly [query: string, from: number, to: number]> = [
  ["?count=3", 0, 3],
  ["?page=0&count=3", 0, 3],
  ["?page=1&count=3", 3, 6],
  ["?count=3&page=2", 6, 8],
  ["?page=3&count=3", 8, 8],
  ["?count=100", 0, 8],
  ["?count=0", 0, 0],
];
test.each(PAGES)("pages: %s", async (query, from, to) => {
  const all = textOf(await site.ask("GET", "rd-lookup/res"));
  const some = textOf(await site.ask("GET", `rd-lookup/res${query}`));
  const targets = (text: string): readonly string[] => text.split(/,(?=<)/).filter((link) => link !== "");
  expect(targets(some)).toEqual(targets(all).slice(from, to));
});

test("what is local to a link is shown on that link only, without its zone (§6.1)", async () => {
  const local = await openDirectory();
  await local.ask("POST", "rd?ep=a", { ...links("</a>"), from: LOCAL_1 });
  await local.ask("POST", "rd?ep=b&base=coap://[fe80::b]:61616", { ...links("</b>"), from: LOCAL_2 });
  const seen = async (from: typeof LOCAL_1): Promise<string> =>
    textOf(await local.ask("GET", "rd-lookup/res", { from }));
  expect(await seen(LOCAL_2)).toBe("<coap://[fe80::1]/a>,<coap://[fe80::b]:61616/b>");
  for (const from of [LOCAL_OTHER_LINK, HOST_1, HOST_2]) expect(await seen(from)).toBe("");
  local.kill();
});

test("a result without pages has a limit, and pages go past it", async () => {
  const large = await openDirectory();
  const many = Array.from({ length: 30 }, (_, i) => `</${i}${"x".repeat(220)}>`).join(",");
  for (let i = 0; i < 80; i++) await large.ask("POST", `rd?ep=n${i}`, links(many));
  expect((await large.ask("GET", "rd-lookup/res")).code).toBe("4.00");
  expect((await large.ask("GET", "rd-lookup/res?count=10&page=239")).payload?.length).toBeGreaterThan(2000);
  expect((await large.ask("GET", "rd-lookup/ep")).code).toBe("2.05");
  large.kill();
});

test("however many ask at one moment, as observers do after a change, all get the newest answer", async () => {
  const busy = await openDirectory();
  await busy.ask("POST", "rd?ep=a", links("</a>"));
  const first = Array.from({ length: 20 }, () => busy.ask("GET", "rd-lookup/ep"));
  const registered = busy.ask("POST", "rd?ep=b", links("</b>"));
  const later = Array.from({ length: 100 }, (_, i) => busy.ask("GET", `rd-lookup/ep?ep=${i % 2 === 0 ? "b" : "*"}`));
  await registered;
  expect(new Set((await Promise.all(first)).map(({ code }) => code))).toEqual(new Set(["2.05"]));
  for (const answer of await Promise.all(later)) expect(textOf(answer)).toContain('ep="b"');
  busy.kill();
});

test("more different questions than can wait are refused", async () => {
  const busy = await openDirectory();
  const asked = Array.from({ length: 300 }, (_, i) => busy.ask("GET", `rd-lookup/ep?ep=${i}`));
  const codes = (await Promise.all(asked)).map(({ code }) => code);
  expect(codes.filter((code) => code === "2.05")).toHaveLength(4 + 256);
  expect(codes.filter((code) => code === "5.03")).toHaveLength(300 - 4 - 256);
  busy.kill();
});

test("a search that must read every link lets others have their turn between some of them", async () => {
  const large = await openDirectory();
  const many = Array.from({ length: 240 }, (_, i) => `</${i}${"x".repeat(25)}>`).join(",");
  const registrations = 20;
  for (let i = 0; i < registrations; i++) await large.ask("POST", `rd?ep=n${i}`, links(many));
  let turns = 0;
  let over = false;
  const count = (): void => {
    turns += 1;
    if (!over) setImmediate(count);
  };
  setImmediate(count);
  await large.ask("GET", "rd-lookup/ep?href=/nobody*");
  over = true;
  expect(turns).toBeGreaterThanOrEqual(registrations / 4);
  large.kill();
});
