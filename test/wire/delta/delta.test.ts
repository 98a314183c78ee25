/** Patches as detools has them, and chained block digests: golden bytes, properties, malformed bytes, the Python tool both ways. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "@jest/globals";
import fc from "fast-check";
import { equalBytes, isCoded } from "../../../gateway/base/index.ts";
import {
  applyPatch,
  ChainReader,
  chainBlocks,
  chainedLength,
  compressImage,
  makePatch,
  PatchReader,
} from "../../../gateway/wire/delta/index.ts";
import { runDeltaCampaign } from "../../fuzz/delta/campaign.ts";
import { pythonOf } from "../../interop/peers/python.ts";
import { inDrill } from "../../support/drill.ts";

const text = (content: string): Uint8Array => new TextEncoder().encode(content);
const bytes = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, "hex"));
const hexOf = (content: Uint8Array): string => Buffer.from(content).toString("hex");

/** What a call threw, by its code. */
function codeOf(attempt: () => unknown): unknown {
  try {
    attempt();
  } catch (error) {
    return isCoded(error) ? error.code : error;
  }
  return "nothing was refused";
}

/** Taken down by hand and seen from detools 0.53: type 0 with compression 4, size, heatshrink 8/7, then bits. */
const GOLDEN: ReadonlyArray<readonly [what: string, from: string, to: string, hex: string]> = [
  ["two empty images: the size 0 ends it", "", "", "0400"],
  ["an empty image of something", "abc", "", "0400"],
  // literals: 00 no data format, 00 diff, 01 extra, 61, 00 adjustment
  ["one byte of nothing", "", "a", "040144804020361800"],
];

test.each(GOLDEN)("detools, sequential: %s", (_what, from, to, hex) => {
  expect(hexOf(makePatch(text(from), text(to)))).toBe(hex);
  expect(applyPatch(text(from), bytes(hex))).toEqual(text(to));
});

/** From detools.create_patch(compression="heatshrink"): its encoder takes other ways than ours. */
test.each([
  ["abc", "abc", "0403448040c080e860"],
  ["a".repeat(100), `${"a".repeat(100)}b`, "04a50144806920265c701b179202"],
])("detools, sequential: a patch of its own encoder is applied (%#)", (from, to, hex) => {
  expect(applyPatch(text(from), bytes(hex))).toEqual(text(to));
});

const BAD: ReadonlyArray<readonly [what: string, hex: string, code: string]> = [
  ["nothing at all", "", "delta.truncated"],
  ["only a type", "04", "delta.truncated"],
  ["an in-place patch", "1403448040c080e860", "delta.kind"],
  ["lzma", "0103448040c080e860", "delta.kind"],
  ["a size without end", "04ffffffffff01", "delta.malformed"],
  ["a negative size", "0443448040c080e860", "delta.size"],
  ["bytes after an empty image", "040000", "delta.trailing"],
  ["a window that there is not", "0403f48040c080e860", "delta.malformed"],
  ["a lookahead as long as its window", "0403458040c080e860", "delta.malformed"],
  ["the end within", "0403448040c0", "delta.truncated"],
  ["a byte too many", "0403448040c080e86000", "delta.trailing"],
  // 1 00000001: a data format
  ["instructions for a data format", "04034480c0", "delta.malformed"],
  // 1 00000000, 1 00000100: a diff of four bytes for an image of three
  ["a diff beyond the new image", "0403448041000000", "delta.malformed"],
];

test.each(BAD)("detools, sequential: %s is refused", (_what, hex, code) => {
  expect(codeOf(() => applyPatch(text("abc"), bytes(hex)))).toBe(code);
});

test("a diff beyond the old image is refused, and a size that was not offered", () => {
  const patch = makePatch(text("abcabcabcabc"), text("abcabcabcabd"));
  expect(codeOf(() => applyPatch(text("abc"), patch))).toBe("delta.malformed");
  expect(codeOf(() => applyPatch(text("abcabcabcabc"), patch, 13))).toBe("delta.size");
});

const image = fc.oneof(
  fc.uint8Array({ maxLength: 2000 }),
  fc.array(fc.constantFrom(0, 1, 255), { maxLength: 2000 }).map((list) => Uint8Array.from(list)),
);
/** Pieces of another image, and some of nobody's. */
const related = fc
  .tuple(image, fc.array(fc.tuple(fc.nat(2000), fc.nat(400), fc.uint8Array({ maxLength: 20 })), { maxLength: 12 }))
  .map(([from, cuts]): readonly [Uint8Array, Uint8Array] => {
    const parts = cuts.flatMap(([at, length, own]) => [from.subarray(at, at + length), own]);
    return [from, new Uint8Array(Buffer.concat(parts))];
  });
const bits = fc.constantFrom(
  { window: 8, lookahead: 7 },
  { window: 8, lookahead: 4 },
  { window: 10, lookahead: 7 },
  { window: 12, lookahead: 11 },
);
const RUNS = { seed: 7, numRuns: inDrill(60, 3000) };

test("apply(make(a, b)) is b, in pieces of any length", () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.tuple(image, image), related),
      bits,
      fc.integer({ min: 1, max: 70 }),
      ([from, to], set, n) => {
        const patch = makePatch(from, to, set);
        expect(applyPatch(from, patch, to.length)).toEqual(new Uint8Array(to));
        const parts: Uint8Array[] = [];
        const reader = new PatchReader({
          from: { size: from.length, read: (at, length) => from.subarray(at, at + length) },
          size: to.length,
          write: (part) => void parts.push(part.slice()),
        });
        for (let at = 0; at < patch.length; at += n) reader.push(patch.subarray(at, at + n));
        reader.end();
        expect(Buffer.concat(parts).equals(to)).toBe(true);
      },
    ),
    RUNS,
  );
});

test("a changed or cut patch is refused with a code, or gives an image of the same size", () => {
  const change = fc.tuple(fc.nat(4000), fc.integer({ min: 1, max: 255 }));
  fc.assert(
    fc.property(related, change, fc.boolean(), ([from, to], [at, by], isCut) => {
      const patch = makePatch(from, to);
      const place = at % patch.length;
      const wrong = isCut
        ? patch.slice(0, place)
        : Uint8Array.from(patch, (byte, i) => (i === place ? byte ^ by : byte));
      try {
        expect(applyPatch(from, wrong, to.length)).toHaveLength(to.length);
      } catch (error) {
        expect(isCoded(error) && error.code.startsWith("delta.")).toBe(true);
      }
    }),
    RUNS,
  );
});

test("images of equal bytes, as erased flash is, cost no more than others", () => {
  const from = new Uint8Array(400_000).fill(0xff);
  const to = new Uint8Array(400_077).fill(0xff);
  from[90_000] = 2;
  to[5000] = 1;
  const patch = makePatch(from, to);
  expect(patch.length).toBeLessThan(7000);
  expect(equalBytes(applyPatch(from, patch), to)).toBe(true);
  expect(compressImage(to).length).toBeLessThan(7000);
});

test.each([1, 1023, 1024, 1025, 2048, 2049, 5000])(
  "chained blocks: %i bytes come through, byte by byte too",
  (size) => {
    const data = Uint8Array.from({ length: size }, (_, at) => at * 7);
    const { bytes: wire, chain } = chainBlocks(data);
    expect(wire).toHaveLength(chainedLength(size));
    for (const step of [1, 64, 1056, 10_000]) {
      const reader = new ChainReader(chain, wire.length);
      const parts: Uint8Array[] = [];
      for (let at = 0; at < wire.length; at += step) parts.push(reader.push(wire.subarray(at, at + step)));
      expect(Buffer.concat(parts).equals(data)).toBe(true);
      expect(reader.isComplete).toBe(true);
    }
  },
);

test("chained blocks: a wrong byte is refused with its group, and what came before is believed", () => {
  const { bytes: wire, chain } = chainBlocks(new Uint8Array(5000));
  for (const at of [0, 1055, 1056, 3000, wire.length - 1]) {
    const wrong = Uint8Array.from(wire, (byte, i) => (i === at ? byte ^ 1 : byte));
    const reader = new ChainReader(chain, wire.length);
    const groups = Math.floor(at / 1056);
    if (groups > 0) expect(reader.push(wrong.subarray(0, groups * 1056))).toHaveLength(groups * 1024);
    expect(codeOf(() => reader.push(wrong.subarray(groups * 1056)))).toBe("chain.broken");
  }
});

test.each([
  ["of no bytes", 0],
  ["whose last group is only a tail", 1056],
  ["whose last group is too long", 1025],
  ["that is no number of bytes", 1.5],
])("chained blocks: a body %s cannot be", (_what, length) => {
  expect(codeOf(() => new ChainReader(new Uint8Array(32), length))).toBe("chain.length");
});

test("chained blocks: what is longer than offered, a short chain and an empty body are refused", () => {
  const { bytes: wire, chain } = chainBlocks(new Uint8Array(10));
  const reader = new ChainReader(chain, wire.length);
  reader.push(wire);
  expect(codeOf(() => reader.push(wire))).toBe("chain.length");
  expect(codeOf(() => new ChainReader(chain.subarray(1), 10))).toBe("chain.length");
  expect(codeOf(() => chainBlocks(new Uint8Array(0)))).toBe("chain.empty");
});

/** detools for Python, as scripts/interop-peers.sh installs it. */
const PYTHON = pythonOf("detools");
const python = (script: string, ...args: readonly string[]): { readonly ok: boolean; readonly out: string } => {
  const { status, stdout, stderr } = spawnSync(PYTHON ?? "", ["-c", script, ...args], { timeout: 20_000 });
  return { ok: status === 0, out: `${stdout}${stderr}` };
};
const folder = mkdtempSync(join(tmpdir(), "sidgate-detools-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const BOTH_WAYS = `
import sys, io, os, detools
folder = sys.argv[1]
read = lambda name: open(os.path.join(folder, name), "rb").read()
for i in range(int(sys.argv[2])):
    old, new, ours = read(f"{i}.old"), read(f"{i}.new"), read(f"{i}.patch")
    out = io.BytesIO()
    detools.apply_patch(io.BytesIO(old), io.BytesIO(ours), out)
    assert out.getvalue() == new, i
    made = io.BytesIO()
    detools.create_patch(io.BytesIO(old), io.BytesIO(new), made, compression="heatshrink")
    open(os.path.join(folder, f"{i}.theirs"), "wb").write(made.getvalue())
`;

(PYTHON === undefined ? test.skip : test)(
  "detools for Python applies our patches, and we its own (needs detools)",
  () => {
    const pairs = fc.sample(fc.oneof(related, fc.tuple(image, image)), { seed: 11, numRuns: inDrill(25, 400) });
    for (const [index, [from, to]] of pairs.entries()) {
      writeFileSync(join(folder, `${index}.old`), from);
      writeFileSync(join(folder, `${index}.new`), to);
      writeFileSync(join(folder, `${index}.patch`), makePatch(from, to));
    }
    expect(python(BOTH_WAYS, folder, String(pairs.length))).toEqual({ ok: true, out: "" });
    for (const [index, [from, to]] of pairs.entries()) {
      expect(applyPatch(from, readFileSync(join(folder, `${index}.theirs`)))).toEqual(new Uint8Array(to));
    }
  },
);

test("mutated patches and chained bodies are refused with codes, whole as in pieces", () => {
  const { read, broken, slow } = runDeltaCampaign({ count: inDrill(600, 20_000), seed: 5 });
  expect({ broken, slow }).toEqual({ broken: [], slow: [] });
  expect(read.get("patch")).toBeGreaterThan(0);
});
