/** Filter expressions: what they match, how they are written back, and at which character a wrong one goes wrong. */
import { beforeAll, describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { isCoded, SILENT } from "../../../gateway/base/index.ts";
import { type FilterFields, fieldsOf, valuesAt } from "../../../gateway/service/campaign/filter/index.ts";
import { NODE_FIELDS, parseFilter, type Subject } from "../../../gateway/service/campaign/index.ts";
import { builtInModels, fromJson, loadModels, type Schema } from "../../../gateway/yang/index.ts";
import { inDrill } from "../../support/drill.ts";

let schema: Schema;
let fields: FilterFields;
beforeAll(async () => {
  schema = await loadModels({ folder: builtInModels(), log: SILENT });
  fields = fieldsOf([schema]);
});

/** A node of a building, as the inventory has it. */
function subject(more: Readonly<Record<string, ReturnType<Subject["value"]>>> = {}): Subject {
  const tree = fromJson(
    {
      "sidgate-building:room": {
        temperature: "25.50",
        battery: 2810,
        mode: "economy",
        occupancy: true,
        alarm: "low-battery frost",
        period: [
          { start: "06:00", "set-point": "21.00" },
          { start: "22:00", "set-point": "17.00" },
        ],
      },
      "sidgate-firmware:firmware": { "running-digest": Buffer.alloc(32, 0xab).toString("base64") },
    },
    schema,
  );
  const known: Readonly<Record<string, ReturnType<Subject["value"]>>> = {
    name: 'Plant room "2"',
    model: "valve-2",
    version: "1.9.0",
    state: "asleep",
    battery: 2810,
    "missed-wakes": 0,
    security: "oscore",
    campaign: ["c-20261122-01", "c-20261122-02"],
    "failed-in": ["c-20261122-01"],
    "done-in": [],
    ...more,
  };
  return { value: (field) => (field.startsWith("/") ? valuesAt(field, tree, schema) : known[field]) };
}

const ROOM = "/sidgate-building:room";
const MATCHES: ReadonlyArray<readonly [filter: string, fits: boolean, normal?: string]> = [
  [
    'model == "valve-2" and battery >= 2800 and not version == "1.4.2"',
    true,
    'model == "valve-2" and battery >= 2800 and not version == "1.4.2"',
  ],
  ["model==valve-2", true, 'model == "valve-2"'],
  ['name ~ "plant room *"', true],
  ["name ~ '*\"?\"'", true, 'name ~ "*\\"?\\""'],
  ["name ~ 'plant room ?'", false],
  ["name == 'plant room \"2\"'", false],
  ["state in (asleep, awake)", true, "state in (asleep, awake)"],
  ["state not in (asleep, awake)", false, "not state in (asleep, awake)"],
  ["version < 1.10.0", true, 'version < "1.10.0"'],
  ["version >= 1.10", false],
  ["version in (v1.9, 2.0)", true],
  ["version == 1.9.0-rc.1", false],
  ["battery > 2810 or battery < 2810", false],
  ["battery != 2811", true],
  ["battery in (1, 2810.0)", true, "battery in (1, 2810)"],
  ["model == x or model == valve-2 and battery == 1", false, 'model == "x" or model == "valve-2" and battery == 1'],
  ["(model == valve-2 or model == x) and battery == 1", false],
  ["((model == x)) or ((model == y or model == valve-2))", true, 'model == "x" or model == "y" or model == "valve-2"'],
  ["not (not not battery == 1)", true, "not not not battery == 1"],
  // What a node does not have makes a comparison false, whichever it is.
  ["hardware == A1", false],
  ["hardware != A1", false],
  ["not hardware == A1", true],
  ["wake-interval < 5", false],
  ["version < 2", true],
  // Of several values one is enough, and none may be the one that is not wanted.
  ["campaign == c-20261122-02", true],
  ["campaign ~ c-20261122-*", true],
  ["campaign != c-20261122-02", false],
  ["failed-in == c-20261122-01 and not done-in ~ '*'", true],
  ["done-in != c-20261122-01", false],
  // Leafs of the datastore, by type.
  [`${ROOM}/temperature > 25.4`, true],
  [`${ROOM}/temperature == 25.5`, true],
  [`${ROOM}/temperature <= 25.49`, false],
  [`${ROOM}/mode == economy`, true],
  [`${ROOM}/occupancy == true`, true, `${ROOM}/occupancy == true`],
  [`${ROOM}/alarm == frost and not ${ROOM}/alarm == window-open`, true],
  [`${ROOM}/period/set-point < 18`, true],
  [`${ROOM}/period/start == "06:00"`, true],
  [`${ROOM}/humidity > 0`, false],
  [`/sidgate-firmware:firmware/running-digest ~ abab*`, true],
];

test.each(MATCHES.map(([text, fits, normal = ""]) => ({ text, fits, normal })))(
  "UX-R11: $text",
  ({ text, fits, normal }) => {
    const filter = parseFilter(text, fields);
    expect(filter.matches(subject())).toBe(fits);
    if (normal !== "") expect(filter.text).toBe(normal);
    expect(parseFilter(filter.text, fields).text).toBe(filter.text);
  },
);

test("a version that no order knows is equal to itself alone", () => {
  const nightly = subject({ version: "nightly" });
  const fits = (text: string): boolean => parseFilter(text, fields).matches(nightly);
  expect([fits("version == nightly"), fits("version < 2"), fits("version != 2"), fits("version ~ night*")]).toEqual([
    true,
    false,
    true,
    true,
  ]);
});

test("integers of 64 bits are compared as they are", () => {
  const large: FilterFields = { ...fields, names: new Map([["counter", { type: "number" }]]) };
  const has = (value: bigint): Subject => ({ value: () => value });
  const filter = parseFilter("counter > 18446744073709551614", large);
  expect([filter.matches(has(18446744073709551615n)), filter.matches(has(18446744073709551614n))]).toEqual([
    true,
    false,
  ]);
  expect(filter.text).toBe("counter > 18446744073709551614");
});

/** `^` stands where it goes wrong. */
const WRONG: ReadonlyArray<readonly [marked: string, says: RegExp]> = [
  ["^", /ends where a field/],
  ["  ^", /ends where a field/],
  ["^bateri >= 2800", /no field 'bateri'/],
  ["^batery >= 2800", /did you mean 'battery'/],
  ["^temperature > 25", /did you mean '\/sidgate-building:room\/temperature'/],
  ["^/sidgate-building:room/temperatur > 25", /did you mean '\/sidgate-building:room\/temperature'/],
  ["^/sidgate-building:room > 25", /is a container/],
  ["/sidgate-building:room/period^[start='06:00']/set-point > 1", /entries cannot be picked/],
  ["^/sidgate-gateway:gateway/version == 1", /no node has/],
  ["battery ^2800", /stands where one of == != in < <= > >=/],
  ["battery >= ^", /ends where a value for battery/],
  ["battery >= ^high", /'high' is no number/],
  ["battery ^~ 28", /has no '~'/],
  ["model ^< 3", /is a text and has no '<'/],
  ["battery ^= 2800", /'=' is written '=='/],
  ["battery > 1 ^&& battery < 2", /'&&' is written 'and'/],
  ["battery > 1 ^AND battery < 2", /did you mean 'and'/],
  ["battery > 1 ^battery < 2", /'and', 'or' or the end/],
  ["^!battery > 1", /'!' is written 'not'/],
  ["(battery > 1^", /ends where 'and', 'or' or '\)'/],
  ["battery > 1^)", /'and', 'or' or the end/],
  ["state == ^sleeping", /none of its words/],
  ["state == ^Asleep", /did you mean 'asleep'/],
  ["state in ^asleep", /'\('/],
  ["state in (asleep ^awake)", /',' or '\)'/],
  ["state in (^)", /a value for state/],
  ["state not ^== asleep", /'in'/],
  ["version < ^nightly", /no version/],
  ["name == ^'plant room", /has no end/],
  ["name == ^and", /a value for name/],
  ["name == 'é😀' and ^§ == 1", /nothing begins with '§'/],
  ["name == a ^\u0007", /U\+0007/],
  [`${ROOM}/occupancy == ^yes`, /only true and false/],
  [`name ~ ^${"*a".repeat(200)}`, /at most 256/],
  [`${"not ".repeat(33)}^battery > 1`, /deeper than 32/],
  [`${"(".repeat(33)}^battery > 1${")".repeat(33)}`, /deeper than 32/],
  [`battery in (${"1, ".repeat(256)}^1)`, /more than 256/],
  [`${" ".repeat(4096)}^  battery > 1`, /longer than 4096/],
];

test.each(WRONG.map(([marked, says]) => ({ marked, says })))(
  "UX-R11: an error points to its character: $says",
  ({ marked, says }) => {
    const at = marked.indexOf("^");
    const position = [...marked.slice(0, at)].length + 1;
    const text = marked.slice(0, at) + marked.slice(at + 1);
    expect(() => parseFilter(text, fields)).toThrow(
      expect.objectContaining({ code: "campaign.filter", facts: { position, what: expect.stringMatching(says) } }),
    );
  },
);

const aText = fc.oneof(
  fc.constantFrom(
    "valve-2",
    "1.4.2",
    "in",
    "and",
    "",
    "a\\b",
    '"',
    "'",
    "*?",
    "0",
    "-3.25",
    "é😀",
    "0.0000001234567890123",
  ),
  fc.string({ unit: "grapheme", maxLength: 8 }),
);
const quoted = (text: string): string => `"${text.replaceAll(/["\\]/g, "\\$&")}"`;
const aComparison = fc.oneof(
  fc
    .tuple(fc.constantFrom("name", "model", "version"), fc.constantFrom("==", "!=", "~"), aText)
    .map(([field, op, text]) => `${field}${op}${quoted(text)}`),
  fc
    .tuple(
      fc.constantFrom("battery", `${ROOM}/temperature`),
      fc.constantFrom("<", ">=", "=="),
      fc.integer(),
      fc.nat(9999999),
    )
    .map(([field, op, whole, part]) => `${field} ${op} ${whole}.${String(part).padStart(7, "0")}`),
  fc
    .uniqueArray(fc.constantFrom("asleep", "awake", "lost"), { minLength: 1 })
    .map((words) => `state not in (${words})`),
  fc.array(aText, { minLength: 1, maxLength: 3 }).map((texts) => `model in (${texts.map(quoted)})`),
);
const aFilter = fc.letrec<{ any: string }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    aComparison,
    tie("any").map((inner) => `not (${inner})`),
    fc.tuple(tie("any"), fc.constantFrom("and", "or"), tie("any")).map(([a, op, b]) => `(${a}) ${op} (${b})`),
    fc.tuple(tie("any"), fc.constantFrom("and", "or"), tie("any")).map(([a, op, b]) => `${a} ${op} ${b}`),
  ),
})).any;

describe("any filter", () => {
  test("UX-R11: its normal form is read as the same", () => {
    fc.assert(
      fc.property(aFilter, (text) => {
        const filter = parseFilter(text, fields);
        const again = parseFilter(filter.text, fields);
        expect(again.text).toBe(filter.text);
        expect(again.matches(subject())).toBe(filter.matches(subject()));
      }),
      { seed: 9, numRuns: inDrill(150, 20_000) },
    );
  });

  test("UX-R11: any text is a filter, or is refused with a character in it", () => {
    const piece = fc.oneof(
      fc.constantFrom(
        ...NODE_FIELDS.keys(),
        " and ",
        " or ",
        "not ",
        " in ",
        "(",
        ")",
        ",",
        "==",
        "<",
        "~",
        "'",
        '"',
        "\\",
        "/",
      ),
      fc.string({ unit: "binary", maxLength: 4 }),
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.array(piece, { maxLength: 12 }).map((parts) => parts.join("")),
          aFilter,
        ),
        (text) => {
          const code = refusalOf(text);
          if (code === undefined) return;
          expect(code.code).toBe("campaign.filter");
          expect(code.position).toBeGreaterThanOrEqual(1);
          expect(code.position).toBeLessThanOrEqual([...text].length + 1);
        },
      ),
      { seed: 9, numRuns: inDrill(200, 50_000) },
    );
  });

  test("the most costly pattern over a long text takes a moment", () => {
    const filter = parseFilter(`name ~ "${"a*".repeat(128)}"`, fields);
    const before = process.cpuUsage();
    expect(filter.matches(subject({ name: "a".repeat(10_000) }))).toBe(true);
    expect(filter.matches(subject({ name: `${"b".repeat(10_000)}` }))).toBe(false);
    expect(process.cpuUsage(before).user / 1000).toBeLessThan(1000);
  });
});

function refusalOf(text: string): { readonly code: string; readonly position: number } | undefined {
  try {
    parseFilter(text, fields).matches(subject());
    return undefined;
  } catch (error) {
    if (!isCoded(error)) throw error;
    return { code: error.code, position: Number(Object(error.facts).position) };
  }
}
