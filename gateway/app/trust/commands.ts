/** The commands about trust: whose signatures count, and which releases are believed. */
import { z } from "zod";
import { isCoded, UsageError } from "../../base/index.ts";
import { type Images, isMcuboot, readMcuboot, remarksOn, shortId } from "../../service/images/index.ts";
import {
  type AuthenticRelease,
  type BroughtImage,
  mergeEnvelopes,
  type ReleaseInfo,
  type TrustDesk,
} from "../../service/trust/index.ts";
import type { CommandHandler, Recorder, SigningRights } from "../../store/index.ts";
import { type CoseKey, decodeKey } from "../../wire/cose/index.ts";
import type { Json } from "../../yang/index.ts";
import { plainText, understand } from "../inbox/arguments.ts";

export interface TrustServices {
  readonly desk: TrustDesk;
  readonly images: Images;
  readonly recorder: Recorder;
}

const IDENTIFIER = z
  .string()
  .max(80)
  .regex(/^([0-9a-f]{32}|pen:[0-9a-f]{2,64})$/, "must be a UUID as 32 hex digits, or pen: and hex digits");
const COMPONENT = z.array(z.string().regex(/^([0-9a-f]{2}){0,255}$/, "must be hex")).max(16);
const LIST = 64;
const TRUST_ADD = z.strictObject({
  name: plainText(64),
  key: z.base64().max(8192),
  vendors: z.array(IDENTIFIER).min(1).max(LIST).optional(),
  classes: z.array(IDENTIFIER).min(1).max(LIST).optional(),
  components: z.array(COMPONENT).min(1).max(LIST).optional(),
});
const TRUST_REMOVE = z.strictObject({ anchor: plainText(128) });
const TRUST_REQUIRE = z.strictObject({
  signers: z.int().min(1),
  vendor: IDENTIFIER.optional(),
  class: IDENTIFIER.optional(),
});
/** Beside the first: as many as an envelope may have signatures. */
const MAX_ENVELOPES = 7;
const RELEASE_ADD = z.strictObject({
  envelope: z.base64(),
  /** Further envelopes of the same manifest. */
  more: z.array(z.base64()).max(MAX_ENVELOPES).optional(),
  model: plainText(64).optional(),
  version: plainText(64).optional(),
});
const RELEASE_WITHDRAW = z.strictObject({
  release: z.string().min(1).max(128),
  reason: z.enum(["revoked", "quarantined"]).default("revoked"),
});

/** Handlers by op; each throws UsageError `command.argument` or what the desk throws. */
export const trustHandlers = (services: TrustServices): ReadonlyMap<string, CommandHandler> =>
  new Map<string, CommandHandler>([
    ["trust.add", async (args, actor) => addAnchor(understand("trust.add", TRUST_ADD, args), actor, services)],
    [
      "trust.remove",
      async (args, actor) => {
        const { anchor: reference } = understand("trust.remove", TRUST_REMOVE, args);
        const { anchor, withdrawn } = await services.desk.remove(reference, actor);
        return { anchor: anchor.id, name: anchor.name, withdrawn: withdrawn.map(({ id }) => id) };
      },
    ],
    [
      "trust.require",
      async (args, actor) => {
        const { signers, vendor, class: ofClass } = understand("trust.require", TRUST_REQUIRE, args);
        const scope = {
          ...(vendor === undefined ? {} : { vendor }),
          ...(ofClass === undefined ? {} : { class: ofClass }),
        };
        const withdrawn = await services.desk.require({ ...scope, k: signers }, actor);
        return { ...scope, signers, withdrawn: withdrawn.map(({ id }) => id) };
      },
    ],
    ["release.add", async (args, actor) => addRelease(understand("release.add", RELEASE_ADD, args), actor, services)],
    [
      "release.withdraw",
      async (args, actor) => {
        const { release, reason } = understand("release.withdraw", RELEASE_WITHDRAW, args);
        const withdrawn = await services.desk.withdraw(release, reason, actor);
        return { release: withdrawn.id, reason: withdrawn.withdrawn?.reason ?? reason };
      },
    ],
  ]);

async function addAnchor(
  { name, key, ...rights }: z.output<typeof TRUST_ADD>,
  actor: string,
  { desk }: TrustServices,
): Promise<Json> {
  const anchor = await desk.add(keyOf(key), name, rightsOf(rights), actor);
  return { anchor: anchor.id, name: anchor.name };
}

const keyOf = (text: string): CoseKey => {
  try {
    return decodeKey(new Uint8Array(Buffer.from(text, "base64")));
  } catch (error) {
    if (!isCoded(error)) throw error;
    throw new UsageError("cose.key-file", { reason: error.message }, { cause: error });
  }
};

/** Those that were named. */
const rightsOf = ({ vendors, classes, components }: { [K in keyof SigningRights]: SigningRights[K] | undefined }) => ({
  ...(vendors === undefined ? {} : { vendors }),
  ...(classes === undefined ? {} : { classes }),
  ...(components === undefined ? {} : { components }),
});

/** What came along is stored once the release is believed; killed in between, the same command goes on. */
async function addRelease(
  { envelope, more = [], model, version }: z.output<typeof RELEASE_ADD>,
  actor: string,
  services: TrustServices,
): Promise<Json> {
  const names = { ...(model === undefined ? {} : { model }), ...(version === undefined ? {} : { version }) };
  const bytes = mergeEnvelopes([envelope, ...more].map((text) => new Uint8Array(Buffer.from(text, "base64"))));
  checkFormats(await services.desk.verify(bytes));
  const { release, isNew, images, warnings } = await services.desk.accept(bytes, names, actor);
  const stored: string[] = [];
  for (const image of images) stored.push(await storeImage(image, release, actor, services));
  return {
    release: release.id,
    sequence: release.sequence,
    known: !isNew,
    signers: release.signers.length,
    images: stored,
    awaited: release.payloads.filter(({ digest }) => services.images.stored(digest) === undefined).length,
    warnings: [...warnings, ...remarksOnImages(stored, services)],
  };
}

/** No release is believed whose image no bootloader would take. Throws WireError `image.mcuboot`, TrustError `image.mcuboot-hash`. */
function checkFormats({ images }: AuthenticRelease): void {
  for (const { uri, bytes } of images.values()) if (isMcuboot(bytes)) readMcuboot(bytes, uri);
}

const remarksOnImages = (ids: readonly string[], { images }: TrustServices): readonly string[] =>
  ids.flatMap((id) => remarksOn(images.get(id)).map(({ code }) => code));

/** Its short id; what is here already is as good. */
async function storeImage(
  { uri, digest, size, bytes }: BroughtImage,
  { id, model = "", version = "" }: ReleaseInfo,
  actor: string,
  { images, recorder }: TrustServices,
): Promise<string> {
  const name = (uri.split("/").at(-1) || id).slice(0, 255);
  try {
    return (await images.add(once(bytes), { name, model, version, digest, size }, actor, recorder)).id;
  } catch (error) {
    if (isCoded(error) && error.code === "image.exists") return shortId(digest);
    throw error;
  }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
