import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "@jest/globals";
import { BufferCache } from "../../gateway/store/images/buffer-cache.ts";
import { openFileImages } from "../../gateway/store/index.ts";
import { imagesContract } from "../contract/images-contract.ts";
import { temporaryFolders } from "./temporary-folder.ts";

const folders = temporaryFolders();

for (const [name, cacheBytes] of [
  ["image files in memory", 16 << 20],
  ["image files with room for two in memory", 2000],
  ["image files read slice by slice", 10],
] as const) {
  imagesContract(name, () => {
    const folder = folders();
    return {
      create: () => openFileImages({ folder, cacheBytes }),
      reopen: async (images) => {
        await images.close();
        return openFileImages({ folder, cacheBytes });
      },
      leftovers: () => [
        ...readdirSync(folder).filter((file) => file !== ".incoming"),
        ...readdirSync(join(folder, ".incoming")),
      ],
    };
  });
}

async function* one(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

async function stored(folder: string, size: number) {
  const images = await openFileImages({ folder, cacheBytes: 1 << 20 });
  const received = await images.receive(one(new Uint8Array(size).fill(7)), { name: "x", maxBytes: size });
  await received.keep();
  return { images, digest: received.digest, file: join(folder, received.digest) };
}

test("bytes that the disk changed are not served", async () => {
  const { images, digest, file } = await stored(folders(), 500);
  const bytes = readFileSync(file);
  bytes.writeUInt8(8, 250);
  writeFileSync(file, bytes);
  expect(() => images.open(digest)).toThrow(
    expect.objectContaining({ code: "store.damaged", facts: { file, offset: 0 } }),
  );
});

test("how often bytes were in memory is counted, also where an image is too large for it", async () => {
  const { images, digest, file } = await stored(folders(), 500);
  for (let times = 0; times < 4; times++) images.open(digest);
  expect(images.cache).toEqual({ asked: 4, found: 3, bytes: 500 });
  const small = await openFileImages({ folder: dirname(file), cacheBytes: 499 });
  small.open(digest);
  expect(small.cache).toEqual({ asked: 1, found: 0, bytes: 0 });
});

test("a file that vanished under the store is told, not served", async () => {
  const { images, digest, file } = await stored(folders(), 500);
  rmSync(file);
  expect(() => images.open(digest)).toThrow(expect.objectContaining({ code: "store.read-failed" }));
});

test("a folder that vanished: nothing is taken", async () => {
  const folder = folders();
  const { images } = await stored(folder, 500);
  rmSync(folder, { recursive: true });
  await expect(images.receive(one(Uint8Array.of(1)), { name: "x", maxBytes: 9 })).rejects.toMatchObject({
    code: "store.write-failed",
  });
});

test("the cache holds what was used last, never more than its capacity", () => {
  const cache = new BufferCache(10);
  const bytes = (n: number) => new Uint8Array(4).fill(n);
  cache.set("a", bytes(1));
  cache.set("b", bytes(2));
  cache.get("a");
  cache.set("c", bytes(3));
  expect(["a", "b", "c"].map((name) => cache.get(name)?.[0])).toEqual([1, undefined, 3]);
  cache.set("a", bytes(4));
  cache.delete("none");
  cache.set("d", new Uint8Array(2));
  expect(["a", "c", "d"].map((name) => cache.get(name)?.length)).toEqual([4, 4, 2]);
  cache.clear();
  expect(cache.get("a")).toBeUndefined();
});
