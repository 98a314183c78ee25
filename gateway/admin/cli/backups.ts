/** `sidgate backup` and `sidgate restore`: a site as one file, of a gateway that runs or of its data folder. */
import { type FileHandle, open, rename, rm, stat } from "node:fs/promises";
import type { Command } from "commander";
import { isCoded, UsageError } from "../../base/index.ts";
import type { BackupTold } from "../api/index.ts";
import { formatSize } from "../api/quantities.ts";
import { type CliContext, connect, given } from "./asking.ts";
import { OPTIONS } from "./options.ts";
import type { BackupOptions, RestoreOptions } from "./programs.ts";
import { printable, printableJson } from "./table.ts";

type Asked = BackupOptions & { readonly json: boolean };

/** The bytes go to standard output, and words to people. */
const STDOUT = "-";

export function addBackups(cli: Command, context: CliContext): void {
  const { programs, exit } = context;
  cli
    .command("backup")
    .description("write the whole site to one file, while the gateway runs or from its data folder")
    .argument("<file>", 'where to; "-" = standard output')
    .option("--keys", "with the site's key: who has the file then has every node", false)
    .addOption(OPTIONS.label())
    .addOption(OPTIONS.config())
    .addOption(OPTIONS.data())
    .addOption(OPTIONS.json())
    .action(async (file: string, options: Asked) => backUp(context, file, options));
  cli
    .command("restore")
    .description("put a backup back into an empty data folder; the next start begins a new epoch")
    .argument("<file>", "the backup")
    .option("--site-key <file>", "the site's key from where it is kept, for a backup made without --keys")
    .addOption(OPTIONS.config())
    .addOption(OPTIONS.data("data folder, empty or not there yet"))
    .addOption(OPTIONS.json())
    .action(async (file: string, options: Omit<RestoreOptions, "file">) =>
      exit(await programs.restore({ file, ...options })),
    );
}

async function backUp(context: CliContext, file: string, { json, ...options }: Asked): Promise<void> {
  const { told, bytes, close } = await offer(context, options);
  try {
    const size = file === STDOUT ? await pour(context, bytes) : await writeFile(file, bytes);
    const say = file === STDOUT ? context.note : context.print;
    say(json ? printableJson({ ...told, file, size }) : sentences(file, size, told).map(printable).join("\n"));
  } finally {
    await close();
  }
}

/** Of the gateway that runs, or where none does of its folder. */
async function offer(context: CliContext, options: BackupOptions) {
  const { label, keys } = options;
  try {
    return { ...(await connect(context, options).backup({ ...given({ label }), keys })), close: async () => undefined };
  } catch (error) {
    if (!isCoded(error) || error.code !== "cli.no-gateway") throw error;
    return context.programs.backUpStopped(options);
  }
}

function sentences(file: string, size: number, { site, last, files, keys, missing }: BackupTold): readonly string[] {
  return [
    `Backed up site ${site} up to fact ${last} to ${file}: ${files} files, ${formatSize(size)}.`,
    ...(keys ? ["It has the site's key, and only this user may read it: keep it like the key of the house."] : []),
    ...(missing.length === 0 ? [] : ["It does not have:", ...missing.map((what) => `  - ${what}`)]),
  ];
}

async function pour({ write }: CliContext, bytes: AsyncIterable<Uint8Array>): Promise<number> {
  let size = 0;
  for await (const part of bytes) {
    await write(part);
    size += part.length;
  }
  return size;
}

/** Readable by this user only; under its name when it is whole and durable. Throws UsageError `cli.file-write`. */
async function writeFile(path: string, bytes: AsyncIterable<Uint8Array>): Promise<number> {
  const former = await stat(path).catch(() => undefined);
  if (former !== undefined && !former.isFile()) {
    throw new UsageError("cli.file-write", { path, reason: "it is not a regular file" });
  }
  const draft = `${path}.${process.pid}.new`;
  let handle: FileHandle | undefined;
  try {
    handle = await open(draft, "wx", 0o600);
    for await (const part of bytes) await handle.writeFile(part);
    await handle.sync();
    const { size } = await handle.stat();
    await handle.close();
    await rename(draft, path);
    return size;
  } catch (error) {
    await handle?.close().catch(() => undefined);
    if (handle !== undefined) await rm(draft, { force: true }).catch(() => undefined);
    if (isCoded(error)) throw error;
    const reason = (error as NodeJS.ErrnoException).code ?? String(error);
    throw new UsageError("cli.file-write", { path, reason }, { cause: error });
  }
}
