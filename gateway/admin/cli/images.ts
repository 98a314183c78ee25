/** `sidgate image`: the firmware images of a running gateway, and where they are fetched. */
import type { Command } from "commander";
import { UsageError } from "../../base/index.ts";
import type { ImageRow } from "../api/index.ts";
import { formatSize } from "../api/quantities.ts";
import { type Asking, asking, type CliContext, connect, gatewayTime, given, show, tell } from "./asking.ts";
import { OPTIONS } from "./options.ts";
import { imageTable } from "./views.ts";

interface AddOptions extends Asking {
  readonly model: string;
  readonly version: string;
  readonly digest?: string;
  readonly from?: string;
  readonly size?: number;
  readonly format?: string;
}

/** What the commands of the inbox say when they are done. */
interface ImageNamed {
  readonly id: string;
  readonly uri: string;
  readonly replaced?: {
    readonly id: string;
    readonly model: string;
    readonly version: string;
    readonly stored: boolean;
  };
}
interface ImageRemoved {
  readonly id: string;
  readonly model: string;
  readonly version: string;
}
interface ImageAdded {
  readonly id: string;
  readonly digest: string;
  readonly size: number;
  readonly built?: string;
  readonly warnings: ReadonlyArray<Readonly<Record<"code" | "text" | "hint", string>>>;
}

export function addImages(cli: Command, context: CliContext): void {
  const image = cli.command("image").description("firmware images");
  asking(image, "list", "list the images").action(async (options: Asking) => {
    const client = connect(context, options);
    const now = await gatewayTime(client);
    show(context, options, await client.get<ImageRow[]>("/api/images"), (rows) => imageTable(rows, now));
  });
  asking(image, "remove", "forget an image and its bytes, or that it was named")
    .argument("<image>", "short id or SHA-256 of the image")
    .action(async (reference: string, options: Asking) => {
      const removed = await connect(context, options).command<ImageRemoved>("image.remove", { image: reference });
      tell(context, options, removed, ({ id, model, version }) => `Removed ${model} ${version} (${id}).`);
    });
  asking(image, "add", "bring an image in, or name where it is to be fetched")
    .argument("[file]", "the image, unless --from names it")
    .addOption(OPTIONS.model())
    .addOption(OPTIONS.version())
    .addOption(OPTIONS.digest())
    .addOption(OPTIONS.format())
    .addOption(OPTIONS.from())
    .addOption(OPTIONS.size())
    .action(async (file: string | undefined, options: AddOptions) => {
      if (options.from !== undefined) await announceImage(context, { ...options, from: options.from }, file);
      else await addImage(context, options, file);
    });
}

async function addImage(context: CliContext, options: AddOptions, file: string | undefined): Promise<void> {
  const { model, version, digest, format } = options;
  if (file === undefined) throw new UsageError("cli.usage", { what: "an image needs a file, or --from with a URI" });
  const image = { path: file, ...given({ model, version, digest, format }) };
  const added = await connect(context, options).addImage<ImageAdded>(image);
  const view = ({ id, size, digest: sha256, built, warnings }: ImageAdded): string =>
    `Added ${model} ${version} as ${id}: ${built === undefined ? "" : `MCUboot ${built}, `}${formatSize(size)}, SHA-256 ${sha256}.${warnings.map(({ text, code }) => ` Warning: ${text} [${code}].`).join("")}`;
  tell(context, options, added, view);
}

/** What stood at the same URI until now. */
function former(replaced: ImageNamed["replaced"]): string {
  if (replaced === undefined) return "";
  const { id, model, version, stored } = replaced;
  return ` The URI named ${model} ${version} (${id}) before, ${stored ? "which stays" : "which is fetched from there no longer"}.`;
}

/** The digest is what the author is held to, so it must be said; the size only spares a download that would be refused. */
async function announceImage(
  context: CliContext,
  options: AddOptions & { readonly from: string },
  file: string | undefined,
): Promise<void> {
  const { from: uri, model, version, digest, size, format } = options;
  if (file !== undefined || digest === undefined) {
    throw new UsageError("cli.usage", { what: "--from goes with --digest, and without a file" });
  }
  const args = given({ uri, model, version, digest, size, format });
  const named = await connect(context, options).command<ImageNamed>("image.announce", args);
  const view = ({ id, uri: from, replaced }: ImageNamed): string =>
    `Fetching ${model} ${version} as ${id} from ${from}.${former(replaced)} 'sidgate image list' tells how far it is.`;
  tell(context, options, named, view);
}
