/** What every image store must do, whatever is behind it. */
import { createHash } from "node:crypto";
import { afterEach, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { ImageStore } from "../../gateway/store/index.ts";

export interface ImagesDriver {
  /** A new, empty store. */
  create(): Promise<ImageStore>;
  /** Closes it and opens the same one again. */
  reopen(images: ImageStore): Promise<ImageStore>;
  /** Names of everything that it keeps, finished or not. */
  leftovers(): readonly string[];
}

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
const firmware = (size: number, seed = 1): Uint8Array => Uint8Array.from({ length: size }, (_, i) => (i * seed) >> 3);

async function* inParts(bytes: Uint8Array, part: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += part) yield bytes.subarray(at, at + part);
}

const LIMIT = { name: "room.bin", maxBytes: 1 << 20 };

export function imagesContract(name: string, makeDriver: () => ImagesDriver): void {
  let open: ImageStore | undefined;
  const create = async (): Promise<{ images: ImageStore; driver: ImagesDriver }> => {
    const driver = makeDriver();
    open = await driver.create();
    return { images: open, driver };
  };
  const add = async (images: ImageStore, bytes: Uint8Array): Promise<string> => {
    const received = await images.receive(inParts(bytes, 1000), LIMIT);
    await received.keep();
    return received.digest;
  };
  afterEach(async () => {
    await open?.close();
    open = undefined;
  });

  test(`${name}: what was received has its digest and size, and is seen only when it is kept`, async () => {
    const { images, driver } = await create();
    const bytes = firmware(5000);
    const received = await images.receive(inParts(bytes, 700), LIMIT);
    expect([received.digest, received.size]).toEqual([sha256(bytes), 5000]);
    expect(images.open(received.digest)).toBeUndefined();
    await received.keep();
    expect(images.open(received.digest)).toMatchObject({ digest: sha256(bytes), size: 5000 });
    open = await driver.reopen(images);
    expect(Buffer.from(open.open(received.digest)?.slice(0, 5000) ?? []).equals(bytes)).toBe(true);
  });

  test(`${name}: what is discarded leaves nothing behind`, async () => {
    const { images, driver } = await create();
    const received = await images.receive(inParts(firmware(100), 10), LIMIT);
    await received.discard();
    await received.discard();
    expect(images.open(received.digest)).toBeUndefined();
    expect(driver.leftovers()).toEqual([]);
  });

  test(`${name}: what was neither kept nor discarded is gone after a restart`, async () => {
    const { images, driver } = await create();
    const { digest } = await images.receive(inParts(firmware(100), 10), LIMIT);
    expect(driver.leftovers().length).toBe(1);
    open = await driver.reopen(images);
    expect(open.open(digest)).toBeUndefined();
    expect(driver.leftovers()).toEqual([]);
  });

  test(`${name}: the same image twice is one image`, async () => {
    const { images, driver } = await create();
    const digest = await add(images, firmware(300));
    expect(await add(images, firmware(300))).toBe(digest);
    expect(driver.leftovers()).toEqual([digest]);
    expect(images.open(digest)?.size).toBe(300);
  });

  test(`${name}: slices are the bytes of the image, fewer at its end`, async () => {
    const { images } = await create();
    const bytes = firmware(2500, 3);
    const image = images.open(await add(images, bytes));
    const slice = (offset: number, length: number): string =>
      Buffer.from(image?.slice(offset, length) ?? []).toString("hex");
    fc.assert(
      fc.property(fc.nat(3000), fc.nat(3000), (offset, length) => {
        expect(slice(offset, length)).toBe(Buffer.from(bytes.subarray(offset, offset + length)).toString("hex"));
      }),
    );
  });

  test(`${name}: a removed image is gone, and removing it again is no error`, async () => {
    const { images, driver } = await create();
    const digest = await add(images, firmware(300));
    expect(images.open(digest)?.size).toBe(300);
    await images.remove(digest);
    await images.remove(digest);
    expect(images.open(digest)).toBeUndefined();
    open = await driver.reopen(images);
    expect(open.open(digest)).toBeUndefined();
  });

  test.each(["", "..", "../site.json", "0".repeat(63), "G".repeat(64), "0".repeat(64)])(
    `${name}: there is no image '%s'`,
    async (digest) => {
      const { images } = await create();
      expect(images.open(digest)).toBeUndefined();
      await images.remove(digest);
    },
  );

  test(`${name}: an empty file is refused`, async () => {
    const { images, driver } = await create();
    const error = { code: "image.empty", facts: { name: "room.bin" } };
    await expect(images.receive(inParts(firmware(0), 1), LIMIT)).rejects.toMatchObject(error);
    expect(driver.leftovers()).toEqual([]);
  });

  test(`${name}: an endless file is refused at the limit and read no further`, async () => {
    const { images, driver } = await create();
    let taken = 0;
    let ended = false;
    async function* endless(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) {
          taken += 65_536;
          yield new Uint8Array(65_536);
        }
      } finally {
        ended = true;
      }
    }
    await expect(images.receive(endless(), LIMIT)).rejects.toMatchObject({
      code: "image.too-large",
      facts: { name: "room.bin", limit: LIMIT.maxBytes },
    });
    expect(taken).toBe(LIMIT.maxBytes + 65_536);
    expect(ended).toBe(true);
    expect(driver.leftovers()).toEqual([]);
  });

  test(`${name}: an image of exactly the limit is taken, one byte more is not`, async () => {
    const { images } = await create();
    const limit = { name: "x", maxBytes: 1000 };
    await (await images.receive(inParts(firmware(1000), 300), limit)).keep();
    await expect(images.receive(inParts(firmware(1001), 300), limit)).rejects.toMatchObject({
      code: "image.too-large",
    });
  });

  test(`${name}: a source that fails says so itself and leaves nothing behind`, async () => {
    const { images, driver } = await create();
    const failure = new Error("the line is gone");
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield firmware(10);
      throw failure;
    }
    await expect(images.receive(broken(), LIMIT)).rejects.toBe(failure);
    expect(driver.leftovers()).toEqual([]);
  });

  test(`${name}: many images stay readable, however few of them fit into memory`, async () => {
    const { images } = await create();
    const all = await Promise.all(
      [1, 2, 3, 4, 5, 6].map(async (n) => [n, await add(images, firmware(900, n))] as const),
    );
    for (const [n, digest] of [...all, ...all.toReversed()]) {
      expect(Buffer.from(images.open(digest)?.slice(100, 64) ?? []).equals(firmware(900, n).subarray(100, 164))).toBe(
        true,
      );
    }
  });
}
