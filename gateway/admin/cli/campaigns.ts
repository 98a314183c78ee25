/** `sidgate campaign`: roll-outs of an image, from the preview to why a node is not done. */
import { type Command, Option } from "commander";
import { UsageError } from "../../base/index.ts";
import type { Command as InboxCommand } from "../../store/inbox.ts";
import type { CampaignDetail, CampaignPreview, CampaignRow, CampaignWhy } from "../api/index.ts";
import { type Asking, asking, type CliContext, connect, gatewayTime, given, path, show, tell } from "./asking.ts";
import { addCampaignOptions, CAMPAIGN_OPTIONS, type CampaignOptions, campaignArguments } from "./campaign-options.ts";
import { campaignTable, campaignView, previewView, whyView } from "./campaign-views.ts";
import { EXIT } from "./exit-codes.ts";

type Asked = Asking & CampaignOptions;

/** What the commands of the inbox say when they are done. */
interface Started {
  readonly campaign: string;
  readonly state: string;
  readonly targets: number;
  readonly excluded: number;
  readonly groups?: ReadonlyArray<{ readonly name: string; readonly nodes: number }>;
  readonly known?: boolean;
}

export function addCampaigns(cli: Command, context: CliContext): void {
  const campaign = cli.command("campaign").description("roll-outs of an image");
  addStarts(campaign, context);
  addInstall(campaign, context);
  addShows(campaign, context);
  addDecisions(campaign, context);
}

function addStarts(campaign: Command, context: CliContext): void {
  const command = async (op: string, options: Asked, more: { readonly reason?: string } = {}): Promise<void> => {
    const args = { ...(await argumentsOf(context, options)), ...more };
    tell(context, options, await connect(context, options).command<Started>(op, args), startedText);
  };
  addCampaignOptions(asking(campaign, "start", "offer an image to the nodes that it fits")).action(
    async (options: Asked) => command("campaign.create", options),
  );
  addCampaignOptions(
    asking(campaign, "preview", "what a start would come to: groups, nodes left out and why; nothing is sent"),
  )
    .addOption(new Option("--reason <text>", "preview a downgrade for this reason"))
    .action(async ({ reason, ...options }: Asked & { readonly reason?: string }) => {
      const args = { ...(await argumentsOf(context, options)), ...(reason === undefined ? {} : { reason }) };
      const preview = await connect(context, options).command<CampaignPreview>("campaign.preview", args);
      show(context, options, preview, previewView);
      if (preview.refusal !== undefined) context.exit(EXIT.failed);
    });
  addCampaignOptions(asking(campaign, "downgrade", "start a campaign that may lead to a lower version"))
    .addOption(new Option("--reason <text>", "why, for the record").makeOptionMandatory())
    .action(async ({ reason, ...options }: Asked & { readonly reason: string }) =>
      command("campaign.downgrade", options, { reason }),
    );
}

/** A campaign of one node: what a person does who stands in front of it. */
function addInstall(campaign: Command, context: CliContext): void {
  asking(
    campaign,
    "install",
    "bring an image to this one node: a campaign of its own, which is the same while it is under way",
  )
    .argument("<node>", "its id, or its endpoint")
    .addOption(CAMPAIGN_OPTIONS.image())
    .addOption(CAMPAIGN_OPTIONS.release())
    .addOption(CAMPAIGN_OPTIONS.again())
    .action(async (node: string, { image, release, again, ...options }: Asked) => {
      const args = { node, ...withWhat(given({ image, release, again })) };
      tell(context, options, await connect(context, options).command<Started>("campaign.install", args), startedText);
    });
}

async function argumentsOf({ programs }: CliContext, options: CampaignOptions) {
  const plan = options.plan === undefined ? {} : await programs.campaignPlan(options.plan);
  return withWhat(campaignArguments(options, plan));
}

function withWhat<T extends InboxCommand["args"]>(args: T): T {
  if (args["image"] !== undefined || args["release"] !== undefined) return args;
  throw new UsageError("cli.usage", { what: "a campaign needs --image or --release" });
}

export function startedText({ campaign, state, targets, excluded, groups = [], known }: Started): string {
  if (known === true) return `${campaign} is under way with it already.`;
  const inGroups =
    groups.length < 2
      ? ""
      : ` in ${groups.length} groups (${groups.map(({ name, nodes }) => `${name} ${nodes}`).join(", ")})`;
  const head = `Started ${campaign} for ${targets} ${targets === 1 ? "node" : "nodes"}${inGroups}, ${excluded} left out.`;
  return state === "waiting-approval"
    ? `${head} It waits for a second person: 'sidgate campaign approve ${campaign}'.`
    : head;
}

function addShows(campaign: Command, context: CliContext): void {
  asking(campaign, "show", "list the campaigns, or show one with its groups and nodes")
    .argument("[campaign]", "id of the campaign")
    .action(async (id: string | undefined, options: Asking) => {
      const client = connect(context, options);
      const now = await gatewayTime(client);
      if (id === undefined) {
        show(context, options, await client.get<CampaignRow[]>("/api/campaigns"), (rows) => campaignTable(rows, now));
        return;
      }
      const detail = await client.get<CampaignDetail>(path("campaigns", id));
      show(context, options, detail, (row) => campaignView(row, now));
      if (detail.state === "stopped") context.exit(EXIT.stopped);
    });
  asking(campaign, "why", "why its nodes, or this one, are not done: causes, and each node in a sentence")
    .argument("<campaign>", "id of the campaign")
    .argument("[node]", "its id, or its endpoint")
    .action(async (id: string, node: string | undefined, options: Asking) => {
      const client = connect(context, options);
      const now = await gatewayTime(client);
      const query = node === undefined ? "" : `?${new URLSearchParams({ node })}`;
      const why = await client.get<CampaignWhy>(`${path("campaigns", id)}/why${query}`);
      show(context, options, why, (told) => whyView(told, now));
    });
}

const DECISIONS = [
  ["approve", "let a campaign begin that somebody else made", "Approved"],
  ["pause", "offer it to no further node", "Paused"],
  ["resume", "go on after a pause or a stop", "Resumed"],
  ["abort", "end it for good", "Aborted"],
] as const;

function addDecisions(campaign: Command, context: CliContext): void {
  for (const [verb, description, past] of DECISIONS) {
    asking(campaign, verb, description)
      .argument("<campaign>", "id of the campaign")
      .addOption(new Option("--if-version <number>", "only if it has this version still, as 'campaign show' told it"))
      .action(async (id: string, { ifVersion, ...options }: Asking & { readonly ifVersion?: string }) => {
        const args = { campaign: id, ...(ifVersion === undefined ? {} : { ifVersion }) };
        const asked = connect(context, options).command<{ campaign: string }>(`campaign.${verb}`, args);
        tell(context, options, await asked, (row) => `${past} ${row.campaign}.`);
      });
  }
}
