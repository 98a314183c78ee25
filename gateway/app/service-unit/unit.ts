/** The systemd unit of a program of ours (systemd.service(5), systemd.exec(5)). Pure: the same options, the same text. */
import type { ServiceInstallOptions } from "../../admin/cli/index.ts";

export type ServiceProgram = ServiceInstallOptions["program"];

export interface UnitOptions {
  readonly program: ServiceProgram;
  /** Absolute paths: of Node.js and of bin/sidgate.js. */
  readonly node: string;
  readonly script: string;
  readonly config: string;
}

const WHAT: Readonly<Record<ServiceProgram, string>> = {
  run: "Sidgate, edge gateway of a building network",
  gateway: "Sidgate, edge gateway of a building network (without its MQTT bridge)",
  bridge: "Sidgate, MQTT bridge of an edge gateway",
};

export const USER = "sidgate";

/** `run` is what most people have: it bears the plain name. */
export const unitName = (program: ServiceProgram): string => (program === "run" ? "sidgate" : `sidgate-${program}`);

/** sysusers.d(5): an account without a shell, and with the home that its data folders lie in. */
export const SYSUSERS = `u ${USER} - "Sidgate" /var/lib/sidgate\n`;

/**
 * Each line that takes something away says in systemd.exec(5) what. Not taken: MemoryDenyWriteExecute (V8 compiles at run
 * time), ProcSubset=pid (memory and load are told in `health`), the address families of IP, Unix sockets and interfaces.
 */
export function systemdUnit({ program, node, script, config }: UnitOptions): string {
  const folder = unitName(program);
  const start = [node, "--max-semi-space-size=64", script, program, "--config", config].map(quoted).join(" ");
  return `[Unit]
Description=${WHAT[program]}
Documentation=https://github.com/sidgate/sidgate/blob/main/docs/deployment.md
Wants=network-online.target
After=network-online.target redis-server.service mosquitto.service
# It is to come back by itself, however long Redis or the disk took.
StartLimitIntervalSec=0

[Service]
Type=exec
ExecStart=${start}
Restart=always
RestartSec=2
TimeoutStopSec=30
Environment=NODE_ENV=production
Environment=SIDGATE_DATA=/var/lib/${folder}
WorkingDirectory=/var/lib/${folder}
StateDirectory=${folder}
StateDirectoryMode=0750
UMask=0027
User=${USER}
Group=${USER}

NoNewPrivileges=yes
CapabilityBoundingSet=
AmbientCapabilities=
ProtectSystem=strict
ProtectHome=${isAtHome(node, script, config) ? "read-only" : "yes"}
PrivateTmp=yes
PrivateDevices=yes
PrivateUsers=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
RemoveIPC=yes
LockPersonality=yes
KeyringMode=private
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged
SystemCallErrorNumber=EPERM

[Install]
WantedBy=multi-user.target
`;
}

/** systemd.syntax(7): a word with anything else in it goes in quotes, and % begins a specifier. */
const quoted = (word: string): string => {
  const plain = word.replaceAll("%", "%%").replaceAll("$", "$$$$");
  return /^[\w./%$=:@+-]+$/.test(plain) ? plain : `"${plain.replace(/["\\]/g, (sign) => `\\${sign}`)}"`;
};

/** ProtectHome=yes would hide an installation there from itself. */
const isAtHome = (...paths: readonly string[]): boolean =>
  paths.some((path) => /^\/(home|root|run\/user)\//.test(path));
