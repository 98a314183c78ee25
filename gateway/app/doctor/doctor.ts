/**
 * `sidgate doctor` (docs/doctor.md): says what is right and what is not, before a gateway starts or beside one that runs. Exit
 * code 0 when nothing is wrong.
 */
import { randomBytes } from "node:crypto";
import { configuredBroker, lookAtBroker, type Patience } from "../../../cloud-bridge/app/index.ts";
import { doorOf, isExposed } from "../../../cloud-bridge/mqtt/link/schemes.ts";
import { type DoctorOptions, EXIT, printableJson, printableLines } from "../../admin/cli/index.ts";
import { isCoded, systemClock, UsageError, wallClock } from "../../base/index.ts";
import { lookAtRedis, type RedisFacts } from "../../store/redis/look.ts";
import { machineTime, thisMachine } from "../clock/index.ts";
import { type Config, configOf, examineConfig } from "../config/index.ts";
import { labWarnings } from "../status/lab.ts";
import { brokerFindings } from "./broker.ts";
import { type Finding, faults, note, right, type Section, wrong } from "./finding.ts";
import { type GatewayFacts, gatewayFindings, labFindings, redisFindings } from "./gateway.ts";
import { lookAtFolder, lookAtGateway, lookAtPorts, siteOfFolder } from "./look.ts";
import { clockFindings, folderFindings, portFindings } from "./machine.ts";
import { reportJson, reportText } from "./report.ts";

export interface DoctorIo {
  readonly env: NodeJS.ProcessEnv;
  print(text: string): void;
  /** With the broker; by default as long as one far away may need. */
  readonly patience?: Patience | undefined;
}

/** Throws ConfigError: what is wrong there has a report of its own. */
export async function doctor(options: DoctorOptions, { env, print, patience }: DoctorIo): Promise<number> {
  const config = configOf(options, env);
  const gateway = await lookAtGateway(config);
  const redis = await lookAtStore(config);
  const site = await siteOf(config, gateway, redis);
  const sections: readonly Section[] = [
    { title: "Configuration", findings: [...configFindings(options, env), ...labFindings(labWarnings(config))] },
    { title: "Machine", findings: await machineFindings(config, gateway) },
    { title: "Gateway", findings: gatewayFindings(gateway) },
    ...(redis === undefined ? [] : [{ title: "Redis", findings: redis.findings }]),
    { title: "MQTT broker", findings: await north(config, gateway, site, patience) },
  ];
  print(options.json ? printableJson(reportJson(sections)) : printableLines(reportText(sections)));
  return faults(sections) === 0 ? EXIT.ok : EXIT.failed;
}

function configFindings({ config: path }: DoctorOptions, env: NodeJS.ProcessEnv): readonly Finding[] {
  if (examineConfig({ path, env }).given.size === 0) return [wrong(new UsageError("doctor.no-config", {}))];
  return [
    right(`The configuration${path === undefined ? "" : ` in ${path}`} can be read, and each setting in it is known.`),
  ];
}

async function machineFindings(config: Config, gateway: GatewayFacts): Promise<readonly Finding[]> {
  const told = await machineTime(thisMachine())();
  const clock = clockFindings(config.clock.synchronised, wallClock.now(), told);
  if (isForbidden(gateway)) return [note(FORBIDDEN), ...clock];
  // A gateway that runs has its ports; whether they answer is seen below.
  const ports = gateway.runs === true ? [] : await lookAtPorts(config);
  return [...folderFindings(await lookAtFolder(config)), ...clock, ...portFindings(ports)];
}

/** Folder and ports are another user's, and say nothing of what he finds. */
const isForbidden = (gateway: GatewayFacts): boolean =>
  gateway.runs === undefined && gateway.failure.code === "cli.not-permitted";
const FORBIDDEN = "Data folder and ports were not looked at: they are those of another user, see below.";

interface StoreView {
  readonly facts?: RedisFacts;
  readonly findings: readonly Finding[];
}

async function lookAtStore({ store }: Config): Promise<StoreView | undefined> {
  const url = store.redis?.reveal();
  if (url === undefined) return undefined;
  try {
    const facts = await lookAtRedis(url);
    return { facts, findings: redisFindings(facts) };
  } catch (error) {
    if (!isCoded(error)) throw error;
    return { findings: [wrong(error)] };
  }
}

/** Whoever knows: the gateway that runs, the Redis that holds it, its data folder. */
async function siteOf(
  config: Config,
  gateway: GatewayFacts,
  redis: StoreView | undefined,
): Promise<string | undefined> {
  if (gateway.runs === true) return gateway.status.site;
  if (redis === undefined) return siteOfFolder(config);
  const sites = redis.facts?.sites ?? [];
  return config.store.site ?? (sites.length === 1 ? sites[0] : undefined);
}

async function north(
  config: Config,
  gateway: GatewayFacts,
  site: string | undefined,
  patience: Patience | undefined,
): Promise<readonly Finding[]> {
  const { mqtt } = config;
  const running = gateway.runs === true ? gateway.status.broker : undefined;
  const embedded = mqtt.url === undefined;
  const url = mqtt.url ?? running?.url ?? `mqtt://127.0.0.1:${mqtt.embedded.port}`;
  // It is part of the gateway: without one there is nothing to look at.
  if (embedded && running === undefined) return [wrong(new UsageError("doctor.no-broker", { url }))];
  if (url === "") return [note("No bridge runs beside the gateway, and this configuration names no broker.")];
  try {
    const broker = await configuredBroker({ ...mqtt, password: mqtt.password?.reveal(), url }, site);
    const facts = await lookAtBroker({
      broker: embedded ? { ...broker, protocol: 4 } : broker,
      site,
      tag: randomBytes(4).toString("hex"),
      expectBirth: running?.connected === true,
      views: embedded ? undefined : mqtt,
      patience,
      clock: systemClock(),
    });
    const view = { embedded, encrypted: doorOf(url).encrypted, exposed: isExposed(url) };
    return brokerFindings(facts, { ...view, username: site && broker.username, now: wallClock.now() });
  } catch (error) {
    if (!isCoded(error)) throw error;
    return [wrong(error)];
  }
}
