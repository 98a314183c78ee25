/** `sidgate release add|list|withdraw`: the releases that a running gateway believes. */
import { type Command, Option } from "commander";
import type { Millis } from "../../base/index.ts";
import type { PreviewRow, ReleasePreview, ReleaseRow } from "../api/index.ts";
import { formatMoment } from "../api/quantities.ts";
import { type Asking, asking, type CliContext, connect, gatewayTime, given, path, show, tell } from "./asking.ts";
import { readWholeFile } from "./gateway-client.ts";
import { type Column, formatTable } from "./table.ts";

interface AddOptions extends Asking {
  readonly model?: string;
  readonly version?: string;
}
interface Added {
  readonly release: string;
  readonly sequence: string;
  readonly known: boolean;
  readonly signers: number;
  readonly images: readonly string[];
  readonly awaited: number;
  readonly warnings: readonly string[];
}

export function addReleases(release: Command, context: CliContext): void {
  asking(release, "list", "the releases that the gateway believes, and those that it must not take again").action(
    async (options: Asking) => {
      const client = connect(context, options);
      const now = await gatewayTime(client);
      show(context, options, await client.get<ReleaseRow[]>("/api/releases"), (rows) => releaseTable(rows, now));
    },
  );
  asking(release, "add", "let the gateway verify a release and believe it; images in it are stored")
    .argument("<envelope...>", "the signed envelope, a .suit file; several of one manifest add their signatures up")
    .option("--model <model>", "model of the nodes that can run its images, where it does not say so")
    .option("--version <version>", "version of its images, where it does not say so")
    .action(async (files: readonly string[], { model, version, ...options }: AddOptions) => {
      const texts = await Promise.all(
        files.map(async (file) => Buffer.from(await readWholeFile(file)).toString("base64")),
      );
      const [envelope, ...more] = texts;
      const args = given({ envelope, ...(more.length === 0 ? {} : { more }), model, version });
      const added = await connect(context, options).command<Added>("release.add", args);
      tell(context, options, added, addedText);
    });
  asking(release, "preview", "what a release would do to each node, and what would be fetched; nothing is sent")
    .argument("<release>", "digest of its manifest, or the first 8 digits or more")
    .option("--node <node>", "of this node only: its id or endpoint")
    .action(async (reference: string, { node, ...options }: Asking & { readonly node?: string }) => {
      const query = node === undefined ? "" : `?${new URLSearchParams({ node })}`;
      const preview = await connect(context, options).get<ReleasePreview>(
        `${path("releases", reference)}/preview${query}`,
      );
      show(context, options, preview, previewText);
    });
  asking(release, "withdraw", "believe a release no longer; it does not come back")
    .argument("<release>", "digest of its manifest, or the first 8 digits or more")
    .addOption(
      new Option("--reason <reason>", "why: revoked, or quarantined because nodes failed with it")
        .choices(["revoked", "quarantined"])
        .default("revoked"),
    )
    .action(async (reference: string, { reason, ...options }: Asking & { readonly reason: string }) => {
      const args = { release: reference, reason };
      const gone = await connect(context, options).command<{ release: string }>("release.withdraw", args);
      tell(context, options, gone, (told) => `Release ${told.release.slice(0, 8)} is withdrawn.`);
    });
}

function addedText({ release, sequence, known, signers, images, awaited, warnings }: Added): string {
  const head = `${known ? "Known already: release" : "Release"} ${release.slice(0, 8)}, number ${sequence}, signed by ${signers} of the trusted keys.`;
  const stored = images.length === 0 ? "" : ` Stored with it: ${images.join(", ")}.`;
  const rest = awaited === 0 ? "" : ` Bring in ${awaited} more with 'sidgate image add'.`;
  const odd = warnings.length === 0 ? "" : ` Its author should look at: ${warnings.join(", ")}.`;
  return head + stored + rest + odd;
}

export function previewText({ release, sequence, model, version, nodes, others }: ReleasePreview): string {
  const columns: Column<PreviewRow>[] = [
    { title: "NODE", cell: ({ node }) => node },
    { title: "NAME", cell: ({ name }) => name },
    { title: "BYTES", cell: bytesText, align: "right" },
    { title: "WHAT WOULD HAPPEN", cell: ({ text }) => text },
  ];
  const name = [model, version].filter((word) => word !== undefined).join(" ");
  const head = `Release ${release.slice(0, 8)}${name === "" ? "" : `, ${name}`}, number ${sequence}:`;
  const rest = others === 0 ? [] : ["", `${others} more ${others === 1 ? "node is" : "nodes are"} of another model.`];
  return [head, "", formatTable(columns, nodes, "No node is of its model."), ...rest].join("\n");
}

function bytesText({ bytes }: PreviewRow): string {
  if (bytes === undefined) return "-";
  return bytes.least === bytes.most ? bytes.most : `${bytes.least}-${bytes.most}`;
}

export function releaseTable(rows: readonly ReleaseRow[], now: Millis): string {
  const columns: Column<ReleaseRow>[] = [
    { title: "RELEASE", cell: ({ release }) => release.slice(0, 8) },
    { title: "MODEL", cell: ({ model = "-" }) => model },
    { title: "VERSION", cell: ({ version = "-" }) => version },
    { title: "NUMBER", cell: ({ sequence }) => sequence, align: "right" },
    { title: "SIGNED BY", cell: ({ signers }) => signers.join(", ") },
    { title: "IMAGES HERE", cell: ({ images, stored }) => `${stored} of ${images}` },
    { title: "FAILED ON", cell: ({ failed }) => (failed === 0 ? "-" : `${failed} ${failed === 1 ? "node" : "nodes"}`) },
    { title: "ACCEPTED", cell: ({ acceptedAt }) => formatMoment(acceptedAt, now) },
    { title: "STATE", cell: ({ withdrawn }) => withdrawn ?? "believed" },
  ];
  return formatTable(columns, rows, "No release is known yet. 'sidgate release add FILE' brings one in.");
}
