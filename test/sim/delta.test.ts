/**
 * Shorter forms of an image at the node: patches as detools 0.53 made them, chained blocks as the gateway makes them, and whole
 * downloads with resets and spoilt bytes. Nothing but the offered image is ever installed.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { EMPTY, fromHex, millis, SILENT, seconds, seededRandom, toHex } from "../../gateway/base/index.ts";
import { Heatshrink } from "../../gateway/sim/delta/heatshrink.ts";
import { Patch } from "../../gateway/sim/delta/index.ts";
import { blockSize } from "../../gateway/sim/node/download.ts";
import { examineImage } from "../../gateway/sim/node/image.ts";
import { type NodeEvent, step } from "../../gateway/sim/node/node.ts";
import { type Node, newNode, type Profile } from "../../gateway/sim/node/node-state.ts";
import { NodeFlash } from "../../gateway/sim/node-flash.ts";
import { EMPTY_REPLY, type Offer } from "../../gateway/sim/speech/check-in.ts";
import { chainBlocks, compressImage, makePatch } from "../../gateway/wire/delta/index.ts";

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
const bytesOf = (hex: string): Uint8Array => fromHex(hex) ?? EMPTY;
const sevens = (length: number): Uint8Array => Uint8Array.from({ length }, (_, at) => at * 7);
const text = (ascii: string): Uint8Array => Buffer.from(ascii);
const joined = (...parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));
const count = (from: number, to: number): Uint8Array => Uint8Array.from({ length: to - from }, (_, at) => from + at);

const OLD = joined(text("sidgate-sim-image rs 1.0.0\n"), sevens(100));
const NEW = joined(text("sidgate-sim-image rs 1.0.1\n"), text("inserted"), sevens(96), text("end"));
const PATCH = bytesOf("048602448046432621531855a6dd73b2dcae965b240b410143df81d96dd64fcc04");
const FROM_NOTHING = bytesOf(
  "04860244804030d02b9da6c967b0dd2cb2db9da6db2db4db6c367b2c82e573904c65d30974c61569b75cecb72ba596c90083c3a2b1c91caa6338" +
    "9fd1a9b54add8ad370bbdfb0b8cc9e6b43a8d7edb7bc4e5f4bb3e0f3fbbebfc81c2a23188fc9a5b349dd0a9350abd7acb6cb9deb0388c7e5b3" +
    "ba4d5ecb73c0e3f3babdcf1fabe3f8ffc1a1b148dc8a53309bcfa8b4ca9d6ac368b7ddafb84c5e4b3365b7592000",
);

/** `detools create_patch -c heatshrink --heatshrink-window-sz2 W --heatshrink-lookahead-sz2 L`. */
const MADE: ReadonlyArray<readonly [name: string, from: Uint8Array, to: Uint8Array, patch: Uint8Array]> = [
  ["window 8, count 7", OLD, NEW, PATCH],
  ["window 10, count 7", OLD, NEW, bytesOf("04860264804640c98854c61569b75cecb72ba596c902d040443df81d96dd64fcc040")],
  ["window 4, count 3", OLD, NEW, bytesOf("04860200804651c1c1e010a98c2ad36eb9d96e574b2d9205a080bc838383838383838383838382c0ecb6eb27e602")], // biome-ignore format: a row
  ["from nothing", EMPTY, NEW, FROM_NOTHING],
  [
    "back and forth in the old image",
    joined(count(0, 64), count(0, 64)),
    joined(...[1, 2, 3].map(() => joined(count(40, 64), count(40, 64), count(0, 20)))),
    bytesOf("048c03440002944603462b12c24acb61271ca20100e04049ab6a80"),
  ],
];

const applied = (from: Uint8Array, size: number, ...pieces: readonly Uint8Array[]): string => {
  const patch = new Patch(from, size);
  for (const piece of pieces) patch.take(piece);
  return toHex(patch.bytes());
};

describe("a patch", () => {
  test.each(MADE)("of detools: %s", (_name, from, to, patch) => {
    expect(applied(from, to.length, patch)).toBe(toHex(to));
    expect(applied(from, to.length, ...[...patch].map((byte) => Uint8Array.of(byte)))).toBe(toHex(to));
    expect(applied(from, to.length, joined(patch, patch))).toBe(toHex(to)); // what comes behind is nothing
  });

  test("of the page for authors of nodes, byte by byte", () => {
    const page = readFileSync(new URL("../../docs/node-authors.md", import.meta.url), "utf8");
    /** Of a listing: words at the left margin begin a part, what stands behind the bytes says what they are. */
    const listing = (word: string): readonly string[] => {
      const [, listed = ""] = new RegExp(`\`\`\`text\n(${word}[ \n][^]*?)\`\`\``).exec(page) ?? [];
      const parts: string[] = [];
      for (const line of listed.split("\n")) {
        if (/^[a-z]{3,} *($|[0-9a-f])/.test(line)) parts.push("");
        const [bytes = ""] =
          /^([0-9a-f]{2})+( ([0-9a-f]{2})+)*(?= {2,}|$)/.exec(line.replace(/^([a-z]{3,} *| +)/, "")) ?? [];
        parts.push(`${parts.pop()}${bytes.replaceAll(" ", "")}`);
      }
      return parts;
    };
    const [old = "", patch = "", fresh = ""] = listing("old");
    expect(applied(bytesOf(old), fresh.length / 2, bytesOf(patch))).toBe(fresh);
    expect(page).toContain(sha256(bytesOf(fresh)));
    const [plain = ""] = listing("plain");
    const said: number[] = [];
    const shrunk = new Heatshrink(8, 7, (byte) => said.push(byte));
    for (const byte of bytesOf(patch).subarray(4)) shrunk.take(byte);
    expect([toHex(Uint8Array.from(said)), said.length]).toEqual([plain, 91]);
  });

  test("of the gateway, whose code it shares none of", () => {
    const image = fc.uint8Array({ maxLength: 600 });
    const similar = fc
      .tuple(image, fc.nat(600), image)
      .map(([old, at, insert]): [Uint8Array, Uint8Array] => [
        old,
        joined(old.subarray(0, at), insert, old.subarray(at)),
      ]);
    fc.assert(
      fc.property(similar, ([old, fresh]) => {
        expect(applied(old, fresh.length, makePatch(old, fresh))).toBe(toHex(fresh));
        expect(applied(EMPTY, fresh.length, compressImage(fresh))).toBe(toHex(fresh));
      }),
      { seed: 11, numRuns: 60 },
    );
  });

  test("cut off anywhere, for another size or another image, it is not the image", () => {
    for (let end = 0; end < PATCH.length - 4; end++) {
      expect(applied(OLD, NEW.length, PATCH.subarray(0, end))).not.toBe(toHex(NEW));
    }
    expect(applied(OLD, NEW.length + 1, PATCH)).toBe("");
    expect(applied(OLD.subarray(0, 90), NEW.length, PATCH)).not.toBe(toHex(NEW));
    expect(applied(NEW, NEW.length, PATCH)).not.toBe(toHex(NEW));
  });

  test("with any byte changed it never makes more than was announced, and ends", () => {
    for (const [, from, to, made] of MADE) {
      for (let at = 0; at < made.length; at++) {
        const wrong = new Uint8Array(made);
        for (const by of [1, 0x40, 0x80, 0xff]) {
          wrong[at] = (made[at] ?? 0) ^ by;
          expect(applied(from, to.length, wrong).length).toBeLessThanOrEqual(2 * to.length);
        }
      }
    }
  });
});

// -- whole downloads --------------------------------------------------------------------------------------------------

const PROFILE: Profile = {
  endpoint: "sim-0001",
  model: "rs",
  hardware: "A1",
  wakeInterval: seconds(60),
  szx: 2,
  blocksPerWake: 3,
  rebootWakes: 1,
  capacity: 100_000,
  fault: "none",
  recipient: undefined,
  extra: [],
  encodings: 7,
};
/** What becomes of a request of the node: `lost`, or the block comes with a wrong byte. */
type Fate = "right" | "lost" | "wrong";

/** A node with its flash beside a gateway that offers one thing, and says which fate the next request has. */
class Life {
  node: Node = newNode(PROFILE, examineImage(OLD), millis(0));
  readonly flash = new NodeFlash(OLD, {
    endpoint: "sim-0001",
    suit: undefined,
    clock: { now: () => millis(0), after: () => ({ cancel: () => undefined }) },
    log: SILENT,
  });
  blocks = 0;
  /** Phases as the gateway heard them, with the encodings told. */
  readonly heard: string[] = [];

  wakes(times: number, offer: (life: Life) => Offer | undefined, served: Uint8Array, fate: () => Fate): this {
    for (let wake = 0; wake < times && this.node.running.digest !== sha256(NEW); wake++) {
      const { activity } = this.node;
      const at = millis("until" in activity ? activity.until : 0);
      let event: NodeEvent | undefined = { type: "woke", at, room: {} };
      while (event !== undefined) {
        const { node, commands } = step(this.node, event);
        this.node = node;
        event = undefined;
        for (const command of commands) {
          switch (command.do) {
            case "report": {
              const { phase, encodings } = command.report.leaves;
              if (phase !== undefined) this.heard.push(phase);
              if (encodings !== undefined) this.heard.push(`encodings ${encodings}`);
              const told = offer(this);
              event = {
                type: "answered",
                at,
                reply: told === undefined ? EMPTY_REPLY : { ...EMPTY_REPLY, offer: told },
              };
              if (fate() === "lost") event = { type: "unanswered", at };
              break;
            }
            case "fetch": {
              this.blocks++;
              const size = blockSize(command.szx);
              const bytes = new Uint8Array(served.subarray(command.num * size, (command.num + 1) * size));
              const how = fate();
              if (how === "wrong") bytes[0] = (bytes[0] ?? 0) ^ 0x10;
              const more = (command.num + 1) * size < served.length;
              const block = { num: command.num, szx: command.szx, more, etag: "aa", bytes };
              event = how === "lost" ? { type: "block-lost", at } : { type: "block", at, block };
              break;
            }
            case "erase":
              this.flash.erase(command.size, command.encoding);
              break;
            case "store":
              this.flash.store(command.offset, command.bytes);
              break;
            case "examine":
              event = { type: "examined", at, image: this.flash.examine() };
              break;
            case "boot":
              event = { type: "booted", at, room: {}, ...this.flash.boot(command.bank, 3000) };
              break;
            default:
          }
        }
      }
    }
    return this;
  }
}

const PLAIN: Offer = { digest: sha256(NEW), size: NEW.length, uri: "f/ABC" };
const BY_PATCH: Offer = { ...PLAIN, uri: "f/PATCHXYZ", encoding: "patch", length: PATCH.length };
const always = (offer: Offer) => () => offer;
const right = (): Fate => "right";

describe("a node", () => {
  test("is updated by a patch of one block instead of three", () => {
    const life = new Life().wakes(9, always(BY_PATCH), PATCH, right);
    expect([life.node.running.digest, life.blocks]).toEqual([sha256(NEW), 1]);
    expect(life.heard).toContain("encodings 7");
  });

  test("is updated by a compressed image", () => {
    const offer: Offer = { ...PLAIN, uri: "f/COMPRESS", encoding: "compressed", length: FROM_NOTHING.length };
    expect(new Life().wakes(9, always(offer), FROM_NOTHING, right).node.running.digest).toBe(sha256(NEW));
  });

  test("a patch with any byte changed installs nothing but the image; then the plain form is asked for", () => {
    for (let at = 0; at < PATCH.length; at++) {
      const wrong = new Uint8Array(PATCH);
      wrong[at] = (PATCH[at] ?? 0) ^ 0x20;
      const life = new Life().wakes(
        9,
        ({ node }) => (node.update.phase === "failed" ? undefined : BY_PATCH),
        wrong,
        right,
      );
      if (life.node.running.digest === sha256(NEW)) continue; // bits that mean nothing
      expect(life.node).toMatchObject({
        running: examineImage(OLD),
        update: { phase: "failed", reason: "digest-mismatch" },
      });
      expect(life.heard.slice(-2)).toEqual(["failed", "encodings 0"]);
      life.wakes(9, always(PLAIN), NEW, right);
      expect(life.node.running.digest).toBe(sha256(NEW));
      expect(life.heard.at(-1)).toBe("encodings 7"); // the new image takes patches again
    }
  });

  const DATA = joined(
    NEW,
    Uint8Array.from({ length: 2500 }, (_, at) => (at * at) >> 3),
  );
  const CHAINED = chainBlocks(DATA);
  const chained: Offer = {
    digest: sha256(DATA),
    size: DATA.length,
    uri: "f/CHAINEDX",
    length: CHAINED.bytes.length,
    chain: toHex(CHAINED.chain),
  };

  test("checks chained blocks, and fetches a wrong group once more", () => {
    let requests = 0;
    const life = new Life().wakes(40, always(chained), CHAINED.bytes, () => (requests++ === 25 ? "wrong" : "right"));
    expect(life.node.running.digest).toBe(sha256(DATA));
    const blocks = Math.ceil(CHAINED.bytes.length / 64);
    expect(life.blocks).toBeGreaterThan(blocks);
    expect(life.blocks).toBeLessThanOrEqual(blocks + 17);
  });

  test("ends the download at the first group that is wrong twice", () => {
    const wrong = new Uint8Array(CHAINED.bytes);
    wrong[1100] = (wrong[1100] ?? 0) ^ 1;
    const life = new Life().wakes(
      40,
      ({ node }) => (node.update.phase === "failed" ? undefined : chained),
      wrong,
      right,
    );
    expect(life.node.update).toMatchObject({ phase: "failed", reason: "digest-mismatch" });
    expect(life.blocks).toBe(33 + 17); // two groups, and the second one again from the block on in which it begins
  });

  test("the chain may run over a patch", () => {
    const { bytes, chain } = chainBlocks(PATCH);
    const life = new Life().wakes(9, always({ ...BY_PATCH, chain: toHex(chain) }), bytes, right);
    expect(life.node.running.digest).toBe(sha256(NEW));
  });

  test("loses nothing by resets and bad weather at any block", () => {
    const forms: ReadonlyArray<readonly [Offer, Uint8Array]> = [
      [{ ...PLAIN, uri: "f/COMPRESS", encoding: "compressed", length: FROM_NOTHING.length }, FROM_NOTHING],
      [chained, CHAINED.bytes],
      [PLAIN, NEW],
    ];
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1 << 30 }), fc.constantFrom(...forms), (seed, [offer, served]) => {
        const random = seededRandom(seed);
        let lost = 0;
        const fate = (): Fate => {
          if (random.next() > 0.25) return "right";
          lost++;
          return "lost";
        };
        const life = new Life().wakes(400, always(offer), served, fate);
        expect(life.node.running.digest).toBe(offer.digest);
        // Each block once, and once more for each that was lost.
        expect(life.blocks).toBeLessThanOrEqual(Math.ceil(served.length / 64) + lost);
      }),
      { seed: 7, numRuns: 30 },
    );
  });
});
