/** The command line `sidgate`: which words there are, and what each asks of a program or of a running gateway. */
import { Command } from "commander";
import { minutes, seconds } from "../../base/index.ts";
import { addAccess } from "./access.ts";
import type { CliContext } from "./asking.ts";
import { addBackups } from "./backups.ts";
import { addCampaigns } from "./campaigns.ts";
import { addCommands } from "./commands.ts";
import { addImages } from "./images.ts";
import { addModels } from "./models.ts";
import { addManagers, addNodes } from "./nodes.ts";
import { ARGUMENTS, OPTIONS } from "./options.ts";
import type {
  AskOptions,
  DoctorOptions,
  GatewayOptions,
  RunOptions,
  ServiceInstallOptions,
  SimOptions,
  TryOptions,
} from "./programs.ts";
import { addRelease } from "./release.ts";
import { addSid } from "./sid.ts";
import { addTrust } from "./trust.ts";
import { addYang } from "./yang.ts";
import type { CborForm } from "./yang-forms.ts";

export function buildCli(context: CliContext): Command {
  const cli = new Command("sidgate")
    .description("Edge gateway for constrained nodes: CORECONF and firmware over CoAP south, MQTT north.")
    .version(context.version)
    .enablePositionalOptions() // or the --version of "image add" would be taken for this one
    .showSuggestionAfterError();
  addPrograms(cli, context);
  addConfig(cli, context);
  addDoctor(cli, context);
  addService(cli, context);
  addBackups(cli, context);
  addNodes(cli, context);
  addManagers(cli, context);
  addAccess(cli, context);
  addImages(cli, context);
  addCampaigns(cli, context);
  addCommands(cli, context);
  addModels(cli, context);
  addTrust(cli, context);
  addRelease(cli, context);
  addYang(cli, context);
  addSid(cli, context);
  return cli;
}

function addPrograms(cli: Command, { programs, exit }: CliContext): void {
  cli
    .command("run")
    .description("run the gateway until it is told to stop")
    .addOption(OPTIONS.config())
    .addOption(OPTIONS.data())
    .option("--new-site-key", "void all credentials and make a new key: the old one is lost, or others have it")
    .option("--restored", "the data folder was put back from a copy: begin a new epoch (once, at the first start)")
    .action(async (options: GatewayOptions) => exit(await programs.run(options)));
  cli
    .command("gateway")
    .description("the gateway without its MQTT half, over the Redis that store.redis names")
    .addOption(OPTIONS.config())
    .addOption(OPTIONS.data())
    .option("--new-site-key", "void all credentials and make a new key: the old one is lost, or others have it")
    .option("--restored", "Redis was put back from a copy: begin a new epoch (once, at the first start)")
    .action(async (options: GatewayOptions) => exit(await programs.gateway(options)));
  cli
    .command("bridge")
    .description("the MQTT half alone, beside a gateway over the same Redis")
    .addOption(OPTIONS.config())
    .addOption(OPTIONS.data("folder for caches; it may begin empty at each start"))
    .action(async (options: RunOptions) => exit(await programs.bridge(options)));
  cli
    .command("try")
    .description("a whole roll-out before your eyes: gateway, broker and simulated nodes on a fast clock")
    .addOption(OPTIONS.nodes(25))
    .addOption(OPTIONS.share("loss", "datagrams that get lost", 0.05))
    .addOption(OPTIONS.share("fail", "nodes whose update fails", 0))
    .addOption(OPTIONS.share("silent", "nodes that stop waking", 0))
    .addOption(OPTIONS.waves())
    .option("--kill", "kill the gateway at random moments, and start it again", false)
    .option("--delta", "the image is a small change of what the nodes run: what is fetched, and what is saved", false)
    .addOption(OPTIONS.seed())
    .addOption(OPTIONS.plainTrial())
    .addOption(OPTIONS.json())
    .addOption(OPTIONS.data("data folder to keep (default: a temporary one)"))
    .action(async (options: TryOptions) => exit(await programs.try(options)));
  cli
    .command("sim")
    .description("simulated sleepy nodes against any gateway")
    .option("--gateway <uri>", "the gateway", "coap://127.0.0.1:5683")
    .addOption(OPTIONS.nodes(5))
    .addOption(OPTIONS.share("loss", "datagrams that get lost", 0))
    .addOption(OPTIONS.seed())
    .addOption(OPTIONS.interval(minutes(1)))
    .addOption(OPTIONS.credentials())
    .addOption(OPTIONS.plain().conflicts("credentials"))
    .addOption(OPTIONS.serve().conflicts("plain"))
    .addOption(OPTIONS.data("data folder of a gateway on this machine, to which the nodes are added"))
    .addOption(OPTIONS.models())
    .addOption(OPTIONS.report())
    .addOption(OPTIONS.anchors())
    .addOption(OPTIONS.vendorDomain())
    .addOption(OPTIONS.nodeModel())
    .addOption(OPTIONS.className())
    .addOption(OPTIONS.share("small", "nodes that know no signature, only the MAC of their gateway", 0))
    .action(async (options: SimOptions) => exit(await programs.sim(options)));
  cli
    .command("ask")
    .description("a CoAP request as a node or a manager would make it, with its answer explained")
    .addArgument(ARGUMENTS.method())
    .argument("<uri>", "coap://host:port/path?query")
    .addOption(OPTIONS.as())
    .addOption(OPTIONS.payload())
    .addOption(OPTIONS.contentFormat())
    .addOption(OPTIONS.accept())
    .addOption(OPTIONS.observe())
    .addOption(OPTIONS.timeout(seconds(30)))
    .addOption(OPTIONS.models())
    .addOption(OPTIONS.json())
    .action(async (method: AskOptions["method"], uri: string, options: Omit<AskOptions, "method" | "uri">) =>
      exit(await programs.ask({ method, uri, ...options })),
    );
  cli
    .command("decode")
    .description("explain SID-keyed CBOR: diagnostic notation with paths; short for 'yang decode --to diag'")
    .addArgument(ARGUMENTS.cbor())
    .addOption(OPTIONS.dataForm("--format <form>", "form of the CBOR").default("sid"))
    .addOption(OPTIONS.models())
    .action(async (input: string, { format, models }: { format: CborForm; models: readonly string[] }) =>
      exit(await programs.yang.convert({ input, from: format, to: "diag", binary: false, models })),
    );
}

function addConfig(cli: Command, { programs, exit }: CliContext): void {
  const config = cli.command("config").description("look at the configuration");
  config
    .command("check")
    .description("say everything that is wrong with it")
    .addOption(OPTIONS.config())
    .action(async (options: { config?: string }) => exit(await programs.configCheck(options)));
  config
    .command("show")
    .description("print what is in force, secrets hidden")
    .addOption(OPTIONS.config())
    .option("--origin", "say where each value comes from", false)
    .action(async (options: { config?: string; origin: boolean }) => exit(await programs.configShow(options)));
}

function addDoctor(cli: Command, { programs, exit }: CliContext): void {
  cli
    .command("doctor")
    .description("say what is right and what is not: configuration, machine, gateway, Redis, MQTT broker")
    .addOption(OPTIONS.config())
    .addOption(OPTIONS.data())
    .addOption(OPTIONS.json())
    .action(async (options: DoctorOptions) => exit(await programs.doctor(options)));
}

function addService(cli: Command, { programs, exit }: CliContext): void {
  cli
    .command("service")
    .description("let the operating system run it")
    .command("install")
    .description("write a systemd unit that takes from the program what it does not need, and say how it is started")
    .addOption(OPTIONS.serviceProgram())
    .option("--config <file>", "its configuration", "/etc/sidgate/sidgate.yaml")
    .option("--root <folder>", "where the file system begins, e.g. of an image that is being made", "/")
    .option("--print", "show the unit and write nothing", false)
    .action(async (options: ServiceInstallOptions) => exit(await programs.serviceInstall(options)));
}
