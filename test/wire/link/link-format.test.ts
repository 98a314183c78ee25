import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { decodeLinks, encodeLinks, filterLinks, type Link } from "../../../gateway/wire/link/index.ts";

const GOLDEN: ReadonlyArray<readonly [name: string, text: string, links: readonly Link[]]> = [
  ["nothing", "", []],
  [
    "a datastore and a stream (draft-ietf-core-comi §6)",
    '</c>;rt="core.c.ds";ds=1029,</s>;rt="core.c.es";obs',
    [
      {
        target: "/c",
        attributes: [
          ["rt", "core.c.ds"],
          ["ds", "1029"],
        ],
      },
      {
        target: "/s",
        attributes: [
          ["rt", "core.c.es"],
          ["obs", true],
        ],
      },
    ],
  ],
  [
    "quotes and backslashes in a title, commas and semicolons inside quotes",
    '</t>;title="a \\"b\\" \\\\ c; d, e";sz=0',
    [
      {
        target: "/t",
        attributes: [
          ["title", 'a "b" \\ c; d, e'],
          ["sz", "0"],
        ],
      },
    ],
  ],
];

test.each(GOLDEN)("%s", (_name, text, links) => {
  expect(encodeLinks(links)).toBe(text);
  expect(decodeLinks(text)).toEqual(links);
});

test("unquoted words are read (RFC 6690 §2)", () => {
  expect(decodeLinks("</a>;rt=core.x;ct=40")).toEqual([
    {
      target: "/a",
      attributes: [
        ["rt", "core.x"],
        ["ct", "40"],
      ],
    },
  ]);
});

test.each(["/c", "</c", "</c>x", "</c>;", "</c>;=1", "</c>,", '</c>;t="x', '</c>;t="x\\', "</c>;t=", '</c>;t=a"b'])(
  "refuses: %s",
  (text) => {
    expect(() => decodeLinks(text)).toThrow(expect.objectContaining({ code: "link.malformed" }));
  },
);

const LINKS: readonly Link[] = [
  {
    target: "/c",
    attributes: [
      ["rt", "core.c.ds"],
      ["ds", "1029"],
    ],
  },
  {
    target: "/s",
    attributes: [
      ["rt", "core.c.es urn:x"],
      ["obs", true],
    ],
  },
  { target: "/f", attributes: [["ct", "42 60"]] },
];

test.each([
  ["nothing asked: all", [], ["/c", "/s", "/f"]],
  ["rt equals", ["rt=core.c.ds"], ["/c"]],
  ["rt prefix", ["rt=core.c.*"], ["/c", "/s"]],
  ["one word of several", ["rt=urn:x"], ["/s"]],
  ["any value", ["rt=*"], ["/c", "/s"]],
  ["one content format of several (RFC 7252 §7.2.1)", ["ct=60"], ["/f"]],
  ["href", ["href=/f"], ["/f"]],
  ["both must match", ["rt=core.c.*", "ds=1029"], ["/c"]],
  ["an attribute without a value", ["obs="], ["/s"]],
  ["no such attribute", ["if=x"], []],
  ["no filter at all", ["rt"], []],
] as const)("filter: %s", (_name, query, targets) => {
  expect(filterLinks(LINKS, query).map((link) => link.target)).toEqual(targets);
});

test("what is written is read again", () => {
  const name = fc.stringMatching(/^[a-z]{1,6}$/);
  const value = fc.oneof(fc.constant(true as const), fc.string({ maxLength: 12 }));
  const link = fc.record({
    target: fc.stringMatching(/^\/[a-z0-9/]{0,8}$/),
    attributes: fc.array(fc.tuple(name, value), { maxLength: 3 }),
  });
  fc.assert(
    fc.property(fc.array(link, { maxLength: 4 }), (links) => expect(decodeLinks(encodeLinks(links))).toEqual(links)),
  );
});
