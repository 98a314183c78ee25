/** Taking blocks: what is stored, what is refused, what starts the download again. */
import { expect, test } from "@jest/globals";
import {
  type Block,
  beginDownload,
  type Download,
  nextNum,
  type Taken,
  takeBlock,
} from "../../gateway/sim/node/download.ts";

const offer = { digest: "00", size: 150, uri: "f/A" };
const begun = beginDownload(offer, 2);
const half: Download = { ...begun, etag: "aa", received: 64 };
const block = (some: Partial<Block> & { length?: number }): Block => {
  const { length = 64, ...rest } = some;
  return { num: 0, szx: 2, more: true, etag: "aa", bytes: new Uint8Array(length), ...rest };
};

const ROWS: ReadonlyArray<readonly [name: string, before: Download, block: Block, kind: Taken["kind"], next: number]> =
  [
    ["the first block", begun, block({}), "stored", 64],
    ["the block after a pause", half, block({ num: 1 }), "stored", 128],
    ["the last block", { ...half, received: 128 }, block({ num: 2, more: false, length: 22 }), "stored", 150],
    ["smaller blocks than asked for, from the first on", begun, block({ szx: 1, length: 32 }), "stored", 32],
    ["smaller blocks in the middle", half, block({ num: 2, szx: 1, length: 32 }), "stored", 96],
    ["larger blocks than asked for", begun, block({ szx: 3, length: 128 }), "not-asked", 0],
    ["a block that was not asked for", half, block({ num: 2 }), "not-asked", 64],
    ["a copy of the block before", half, block({ num: 0 }), "not-asked", 64],
    ["a short block in the middle", half, block({ num: 1, length: 63 }), "not-asked", 64],
    ["an empty last block", half, block({ num: 1, more: false, length: 0 }), "not-asked", 64],
    ["another ETag", half, block({ num: 1, etag: "bb" }), "restart", 0],
    ["an image that ends early", half, block({ num: 1, more: false, length: 22 }), "wrong-size", 64],
    ["an image that goes on", { ...half, received: 128 }, block({ num: 2 }), "wrong-size", 128],
  ];

test.each(ROWS)("%s", (_name, before, given, kind, next) => {
  const taken = takeBlock(before, given);
  expect(taken.kind).toBe(kind);
  expect("download" in taken ? taken.download.received : before.received).toBe(next);
});

test("the next number counts in blocks of the size that the server gives", () => {
  const taken = takeBlock(half, block({ num: 2, szx: 1, length: 32 }));
  expect("download" in taken && nextNum(taken.download)).toBe(3);
});
