/**
 * Bad weather: 20 % loss, 10 % duplication and reordering. A firmware image arrives byte-exact by Block2 and by Q-Block2,
 * plain and under OSCORE, while the block size changes midway and the node sleeps; an upload arrives once.
 */
import { expect, test } from "@jest/globals";
import { minutes, SILENT, seconds, seededRandom } from "../../gateway/base/index.ts";
import { Engine } from "../../gateway/coap/index.ts";
import type { InnerMessage, Option } from "../../gateway/sim/speech/inner-message.ts";
import {
  type BlockOption,
  blockSize,
  decodeBlockOption,
  decodeUint,
  encodeBlockOption,
  OPTION,
  type Szx,
} from "../../gateway/wire/coap/index.ts";
import { inDrill } from "../support/drill.ts";
import { GATEWAY, NODE } from "../support/lockstep.ts";
import { ETAG, imageOf, laneOf, sourceOf } from "../support/lockstep-images.ts";
import { MemoryNetwork } from "../support/lossy.ts";
import { OscoreNode } from "../support/oscore-node.ts";
import { credentialOf, oscoreOf } from "../support/oscore-party.ts";
import { getRequest, StubbornNode } from "../support/stubborn-node.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const WEATHER = { loss: 0.2, duplication: 0.1, reordering: 0.1 };
const IMAGE = imageOf(inDrill(98_304, 262_144));
/** Blocks of one set (RFC 9177 §7.2), and how long to wait for more of it. */
const MAX_PAYLOADS = 10;
const NON_RECEIVE_TIMEOUT = seconds(4);
const SLEEP = minutes(10);

const path = (...segments: string[]): Option[] =>
  segments.map((segment) => ({ number: OPTION.uriPath, value: new TextEncoder().encode(segment) }));
const blockOption = (number: number, block: BlockOption): Option => ({ number, value: encodeBlockOption(block) });
const optionOf = ({ options }: InnerMessage, number: number): Uint8Array | undefined =>
  options.find((option) => option.number === number)?.value;

async function scene(protection: "plain" | "OSCORE", bodies: Uint8Array[] = []) {
  const clock = new VirtualClock();
  const network = new MemoryNetwork(clock, WEATHER, 5);
  const credential = credentialOf(Uint8Array.of(1), Uint8Array.of(2));
  const engine = new Engine({
    transports: [network.endpoint(GATEWAY)],
    clock,
    random: seededRandom(2),
    log: SILENT,
    handler: (_peer, { payload }) => {
      bodies.push(payload);
      return { code: "2.04" };
    },
    lanes: { block: laneOf({ x: sourceOf(IMAGE) }) },
    ...(protection === "OSCORE" ? { security: oscoreOf(clock, credential), unprotected: () => false } : {}),
  });
  await engine.start();
  const oscore = protection === "OSCORE" ? new OscoreNode(credential) : undefined;
  const node = new StubbornNode({ clock, transport: network.endpoint(NODE), gateway: GATEWAY, oscore });
  await node.open();
  bodies.length = 0;
  return { engine, node, clock };
}

/** What a node has of the image: it believes a block that says where it belongs, under the image's one ETag. */
class Download {
  readonly #bytes = new Uint8Array(IMAGE.length);
  /** One flag per 16 bytes. */
  readonly #have = new Uint8Array(IMAGE.length / 16);

  take(answer: InnerMessage, number: number): void {
    expect([answer.code, optionOf(answer, OPTION.etag)]).toEqual(["2.05", ETAG]);
    const { num, szx } = decodeBlockOption(optionOf(answer, number) ?? new Uint8Array(0));
    const offset = num * blockSize(szx);
    this.#bytes.set(answer.payload, offset);
    this.#have.fill(1, offset / 16, (offset + answer.payload.length) / 16);
    const size = optionOf(answer, OPTION.size2);
    if (size !== undefined) expect(decodeUint(size)).toBe(IMAGE.length);
  }

  has(num: number, szx: Szx): boolean {
    return this.#have[(num * blockSize(szx)) / 16] === 1;
  }

  get isExact(): boolean {
    return this.#have.every((flag) => flag === 1) && Buffer.from(this.#bytes).equals(IMAGE);
  }
}

/** Blocks `from` to `to` of this size, one request each. */
async function byBlock2(node: StubbornNode, download: Download, szx: Szx, from: number, to: number): Promise<void> {
  for (let num = from; num < to; num++) {
    const request = getRequest(...path("f", "x"), blockOption(OPTION.block2, { num, more: false, szx }));
    download.take(await node.ask(request), OPTION.block2);
    if (num % 100 === 7) await node.sleeps(SLEEP);
  }
}

/** RFC 9177 §4.4: a set at a time; what is missing of it is asked for by number, then the set after it. */
async function byQBlock2(node: StubbornNode, download: Download, szx: Szx, from: number, to: number): Promise<void> {
  const missing = (start: number, end: number): number[] =>
    Array.from({ length: Math.min(end, to) - start }, (_, i) => start + i).filter((num) => !download.has(num, szx));
  let sets = 0;
  for (let start = from; start < to; start += MAX_PAYLOADS) {
    for (let wanted = missing(start, start + MAX_PAYLOADS); wanted.length > 0; ) {
      const whole = wanted.length === MAX_PAYLOADS;
      const nums = whole ? [start] : wanted;
      const blocks = nums.map((num) => blockOption(OPTION.qBlock2, { num, more: whole, szx }));
      const token = node.sends(getRequest(...path("f", "x"), ...blocks));
      await node.hears(NON_RECEIVE_TIMEOUT);
      for (const answer of node.take(token)) download.take(answer, OPTION.qBlock2);
      node.forget(token);
      wanted = missing(start, start + MAX_PAYLOADS);
    }
    sets += 1;
    if (sets % 20 === 7) await node.sleeps(SLEEP);
  }
}

const WAYS = { Block2: byBlock2, "Q-Block2": byQBlock2 } as const;
const CASES = (["Block2", "Q-Block2"] as const).flatMap((way) =>
  ([2, 6] as const).flatMap((szx) =>
    (["plain", "OSCORE"] as const).map((protection) => ({ way, szx, size: blockSize(szx), protection })),
  ),
);

test.each(CASES)("256 KiB by $way in blocks of $size, $protection, then in the other size", async (row) => {
  const { way, szx, protection } = row;
  const { engine, node } = await scene(protection);
  const download = new Download();
  const half = IMAGE.length / 2;
  const other: Szx = szx === 2 ? 6 : 2;
  await WAYS[way](node, download, szx, 0, half / blockSize(szx));
  await WAYS[way](node, download, other, half / blockSize(other), IMAGE.length / blockSize(other));
  expect(download.isExact).toBe(true);
  const { blocksServed, duplicates } = engine.stats();
  expect(blocksServed + duplicates).toBeGreaterThan(half / 64 + half / 1024); // some were asked for twice
  expect(engine.stats().failures).toBe(0);
  await engine.close();
});

test.each(["plain", "OSCORE"] as const)("a body by Block1 reaches the handler exactly once, %s", async (protection) => {
  const body = imageOf(5000);
  const bodies: Uint8Array[] = [];
  const { engine, node } = await scene(protection, bodies);
  for (let num = 0; num * 64 < body.length; num++) {
    const more = (num + 1) * 64 < body.length;
    const options = [...path("c"), blockOption(OPTION.block1, { num, more, szx: 2 })];
    const { code } = await node.ask({ code: "0.03", options, payload: body.slice(num * 64, (num + 1) * 64) });
    expect(code).toBe(more ? "2.31" : "2.04");
    if (num % 20 === 7) await node.sleeps(minutes(5));
  }
  expect(bodies.map((received) => Buffer.from(received).equals(body))).toEqual([true]);
  expect(engine.stats().duplicates).toBeGreaterThan(0);
  await engine.close();
});
