/** What every pair of implementations must manage, as a client sees it; and the rows of the table in docs/interop.md. */
import { expect } from "@jest/globals";
import { toHex } from "../../gateway/base/index.ts";
import { imageOf } from "../support/lockstep-images.ts";

export type AskMethod = "GET" | "PUT" | "FETCH" | "iPATCH";

export interface Ask {
  readonly method: AskMethod;
  /** One segment, without a slash. */
  readonly path: string;
  readonly payload?: Uint8Array;
  readonly contentFormat?: number;
  readonly etag?: Uint8Array;
  /** Whole sets of blocks at a time (RFC 9177), where the client can. */
  readonly qBlock2?: boolean;
  /** One more option. */
  readonly option?: { readonly number: number; readonly value: Uint8Array };
}

export interface Told {
  readonly code: string;
  readonly payload: Uint8Array;
  readonly etag: Uint8Array | undefined;
}

/** A client at work: whole bodies in, whole bodies out. */
export interface Client {
  ask(request: Ask): Promise<Told>;
  /** The first `count` different states of an observed resource. */
  watch(path: string, count: number): Promise<readonly string[]>;
  close(): Promise<void>;
}

/** Resources of a server that takes part; undefined: its program does not have such a thing. */
export interface Resources {
  /** A few bytes. */
  readonly small: string;
  /** Takes what is PUT and gives it back. */
  readonly storage: string | undefined;
  /** 256 KiB of imageOf. */
  readonly image: string;
  /** The same, for a client that knows RFC 9177. */
  readonly qBlock2: string | undefined;
  /** Observable, changes several times a second. */
  readonly clock: string;
  /** What FETCH finds when it asks for `wanted`. */
  readonly fetched: {
    readonly path: string;
    readonly wanted: Uint8Array;
    readonly contentFormat: number;
    /** In hex. */
    readonly found: RegExp;
  };
  /** FETCH brings back what it was sent, however large. */
  readonly echoesAll: boolean;
  /** iPATCH, and GET gives back what was patched. */
  readonly patched: string | undefined;
  /** A body with an ETag, which GET validates. */
  readonly tagged: string | undefined;
  /** To be asked with an option that nobody knows, and to refuse that; our own requester sends none. */
  readonly strict: string | undefined;
  /** Answers with such an option, which the client must refuse. */
  readonly odd: string | undefined;
}

export const IMAGE = imageOf(262_144);
export const UPLOAD = imageOf(100_000);
export const INSTANCES = Buffer.from("a1190447f6", "hex");
const CHANGES = 3;

/** What a server of ours offers; it echoes what FETCH asks for. */
export const RESOURCES: Resources = {
  small: "small",
  storage: "storage",
  image: "image",
  qBlock2: undefined,
  clock: "clock",
  fetched: { path: "echo", wanted: INSTANCES, contentFormat: 141, found: /^a1190447f6$/ },
  echoesAll: true,
  patched: "patched",
  tagged: "tagged",
  strict: undefined,
  odd: "odd",
};

const same = (body: Uint8Array, expected: Uint8Array): void => {
  expect(body.length).toBe(expected.length);
  expect(Buffer.from(body).equals(expected)).toBe(true);
};

export interface Check {
  readonly name: string;
  /** False: this server has no resource for it. */
  readonly possible?: (resources: Resources) => boolean;
  readonly run: (client: Client, resources: Resources) => Promise<void>;
}

/** The columns of the table. */
export const CHECKS: readonly Check[] = [
  {
    name: "GET",
    run: async (client, { small }) => {
      const { code, payload } = await client.ask({ method: "GET", path: small });
      expect(code).toBe("2.05");
      expect(payload.length).toBeGreaterThan(0);
    },
  },
  {
    name: "PUT 100 kB, Block1",
    possible: ({ storage }) => storage !== undefined,
    run: async (client, { storage = "" }) => {
      const put = await client.ask({ method: "PUT", path: storage, payload: UPLOAD, contentFormat: 42 });
      expect(["2.01", "2.04"]).toContain(put.code);
      same((await client.ask({ method: "GET", path: storage })).payload, UPLOAD);
    },
  },
  {
    name: "GET 256 KiB, Block2",
    run: async (client, { image }) => same((await client.ask({ method: "GET", path: image })).payload, IMAGE),
  },
  {
    name: "GET 256 KiB, Q-Block2",
    possible: ({ qBlock2 }) => qBlock2 !== undefined,
    run: async (client, { qBlock2 = "" }) =>
      same((await client.ask({ method: "GET", path: qBlock2, qBlock2: true })).payload, IMAGE),
  },
  {
    name: "Observe",
    run: async (client, { clock }) => {
      expect(new Set(await client.watch(clock, CHANGES)).size).toBe(CHANGES);
    },
  },
  {
    name: "FETCH",
    run: async (client, { fetched: { path, wanted, contentFormat, found } }) => {
      const told = await client.ask({ method: "FETCH", path, payload: wanted, contentFormat });
      expect(told.code).toBe("2.05");
      expect(toHex(told.payload)).toMatch(found);
    },
  },
  {
    name: "FETCH, 20 kB for 20 kB",
    possible: ({ echoesAll }) => echoesAll,
    run: async (client, { fetched: { path } }) => {
      const wanted = imageOf(20_000);
      const told = await client.ask({ method: "FETCH", path, payload: wanted, contentFormat: 141 });
      expect(told.code).toBe("2.05");
      same(told.payload, wanted);
    },
  },
  {
    name: "iPATCH",
    possible: ({ patched }) => patched !== undefined,
    run: async (client, { patched = "" }) => {
      const done = await client.ask({ method: "iPATCH", path: patched, payload: INSTANCES, contentFormat: 142 });
      expect(done.code).toBe("2.04");
      same((await client.ask({ method: "GET", path: patched })).payload, INSTANCES);
    },
  },
  {
    name: "ETag, 2.03",
    possible: ({ tagged }) => tagged !== undefined,
    run: async (client, { tagged = "" }) => {
      const { etag = new Uint8Array(0) } = await client.ask({ method: "GET", path: tagged });
      expect(etag.length).toBeGreaterThan(0);
      expect(await client.ask({ method: "GET", path: tagged, etag })).toMatchObject({ code: "2.03" });
    },
  },
  {
    name: "unknown critical option refused",
    possible: ({ strict, odd }) => strict !== undefined || odd !== undefined,
    run: async (client, { strict, odd = "" }) => {
      if (strict === undefined) {
        await expect(client.ask({ method: "GET", path: odd })).rejects.toMatchObject({ code: "request.answer" });
        return;
      }
      const option = { number: 65_001, value: Uint8Array.of(1) };
      expect(await client.ask({ method: "GET", path: strict, option })).toMatchObject({ code: "4.02" });
    },
  },
];
