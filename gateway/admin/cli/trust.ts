/** `sidgate trust`: whose signatures on releases a running gateway believes, and for what. */
import { type Command, InvalidArgumentError, Option } from "commander";
import type { Millis } from "../../base/index.ts";
import type { AnchorRow, TrustView } from "../api/index.ts";
import { formatMoment } from "../api/quantities.ts";
import { type Asking, asking, type CliContext, connect, gatewayTime, given, show, tell } from "./asking.ts";
import { readWholeFile } from "./gateway-client.ts";
import { type Column, formatTable } from "./table.ts";

interface Scope {
  readonly vendor?: readonly string[];
  readonly class?: readonly string[];
}
interface AddOptions extends Asking, Scope {
  readonly name: string;
  readonly component?: readonly string[];
}
interface RequireOptions extends Asking {
  readonly vendor?: string;
  readonly class?: string;
}

const several = (text: string, before: readonly string[] = []): readonly string[] => [...before, text];

const VENDOR = "a UUID, or the vendor's domain name";
const CLASS = "a UUID, or DOMAIN/NAME";

interface Fallen {
  readonly withdrawn: readonly string[];
}
const fallen = ({ withdrawn }: Fallen): string =>
  withdrawn.length === 0
    ? ""
    : ` ${withdrawn.length} ${withdrawn.length === 1 ? "release is" : "releases are"} withdrawn.`;

export function addTrust(cli: Command, context: CliContext): void {
  const trust = cli.command("trust").description("whose signatures on releases are believed");
  asking(trust, "list", "the keys, what each may sign for, and how many a release needs", { isDefault: true }).action(
    async (options: Asking) => {
      const client = connect(context, options);
      const now = await gatewayTime(client);
      show(context, options, await client.get<TrustView>("/api/trust"), (view) => trustText(view, now));
    },
  );
  asking(trust, "add", "believe the signatures of a key; without limits those on any release")
    .argument("<file>", "the public half of an author's key: PEM, JWK or COSE_Key")
    .addOption(new Option("--name <name>", "whose key it is").makeOptionMandatory())
    .addOption(
      new Option("--vendor <vendor>", `only for devices of this vendor: ${VENDOR}; may be repeated`).argParser(several),
    )
    .addOption(
      new Option("--class <class>", `only for devices of this class: ${CLASS}; may be repeated`).argParser(several),
    )
    .addOption(
      new Option(
        "--component <prefix>",
        "only for components that begin so, e.g. app or 0x00; may be repeated",
      ).argParser(several),
    )
    .action(async (file: string, { name, vendor, class: ofClass, component, ...options }: AddOptions) => {
      const { anchorOf, classOf, componentOf, vendorOf } = await import("./trust-arguments.ts");
      const args = given({
        name,
        key: await anchorOf(await readWholeFile(file), file),
        vendors: vendor?.map(vendorOf),
        classes: ofClass?.map(classOf),
        components: component?.map(componentOf),
      });
      const added = await connect(context, options).command<{ name: string; anchor: string }>("trust.add", args);
      tell(context, options, added, (told) => `Signatures of ${told.name} (${told.anchor}) are believed now.`);
    });
  asking(trust, "remove", "believe a key no longer, and withdraw the releases that do not stand without it")
    .argument("<key>", "its name or thumbprint")
    .action(async (anchor: string, options: Asking) => {
      const removed = await connect(context, options).command<Fallen & { name: string }>("trust.remove", { anchor });
      tell(context, options, removed, (told) => `Removed the key of ${told.name}.${fallen(told)}`);
    });
  asking(trust, "require", "how many keys must have signed a release; withdraws those that have too few")
    .argument("<signers>", "a number; 1 takes the rule away", (text: string) => {
      if (!/^[1-8]$/.test(text)) throw new InvalidArgumentError("It must be a whole number from 1 to 8.");
      return Number(text);
    })
    .addOption(new Option("--vendor <vendor>", `of releases for this vendor only: ${VENDOR}`))
    .addOption(new Option("--class <class>", `of releases for this class only: ${CLASS}`))
    .action(async (signers: number, { vendor, class: ofClass, ...options }: RequireOptions) => {
      const { classOf, vendorOf } = await import("./trust-arguments.ts");
      const args = given({ signers, vendor: vendor && vendorOf(vendor), class: ofClass && classOf(ofClass) });
      const ruled = await connect(context, options).command<Fallen>("trust.require", args);
      tell(context, options, ruled, (told) => `Releases need ${signers} of the keys now.${fallen(told)}`);
    });
}

export function trustText({ anchors, thresholds }: TrustView, now: Millis): string {
  const columns: Column<AnchorRow>[] = [
    { title: "NAME", cell: ({ name }) => name },
    { title: "KEY", cell: ({ key }) => key },
    { title: "MAY SIGN FOR", cell: ({ rights }) => rightsText(rights) },
    { title: "ADDED", cell: ({ addedAt }) => formatMoment(addedAt, now) },
    { title: "THUMBPRINT", cell: ({ anchor }) => anchor },
  ];
  const rules = thresholds.map(
    ({ signers, vendor: ofVendor, class: ofClass }) =>
      `${signers} keys must have signed ${scopeText(ofVendor, ofClass)}.`,
  );
  const table = formatTable(columns, anchors, "No key is trusted yet. 'sidgate trust add FILE --name NAME' adds one.");
  return [table, ...(rules.length === 0 ? [] : ["", ...rules])].join("\n");
}

const scopeText = (ofVendor: string | undefined, ofClass: string | undefined): string =>
  [
    "a release",
    ...(ofVendor === undefined ? [] : [`for the vendor ${ofVendor}`]),
    ...(ofClass === undefined ? [] : [`for the class ${ofClass}`]),
  ].join(" ");

function rightsText({ vendors, classes, components }: AnchorRow["rights"]): string {
  const limits = [
    ...(vendors ?? []).map((one) => `vendor ${one}`),
    ...(classes ?? []).map((one) => `class ${one}`),
    ...(components ?? []).map((parts) => `component 0x${parts.join("/0x")}`),
  ];
  return limits.length === 0 ? "anything" : limits.join(", ");
}
