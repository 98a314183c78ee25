/** Addresses of brokers: whether the line is encrypted, and where it leads. */
import { UsageError } from "../../../gateway/base/index.ts";

interface Scheme {
  readonly encrypted: boolean;
  /** Of MQTT by IANA's registry, of WebSocket by RFC 6455 §3. */
  readonly port: number;
}

const SCHEMES: ReadonlyMap<string, Scheme> = new Map([
  ["mqtt:", { encrypted: false, port: 1883 }],
  ["tcp:", { encrypted: false, port: 1883 }],
  ["ws:", { encrypted: false, port: 80 }],
  ["mqtts:", { encrypted: true, port: 8883 }],
  ["ssl:", { encrypted: true, port: 8883 }],
  ["tls:", { encrypted: true, port: 8883 }],
  ["wss:", { encrypted: true, port: 443 }],
]);
const LOOPBACK = /^(localhost|127(\.\d+){3}|::1)$/;

interface BrokerDoor {
  readonly host: string;
  readonly port: number;
  readonly encrypted: boolean;
}

/** Throws UsageError mqtt.url. */
export function doorOf(url: string): BrokerDoor {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  const scheme = SCHEMES.get(parsed?.protocol ?? "");
  if (parsed === undefined || scheme === undefined || parsed.hostname === "") throw new UsageError("mqtt.url", { url });
  const { hostname, port } = parsed;
  return {
    host: hostname.replace(/^\[|\]$/g, ""),
    port: port === "" ? scheme.port : Number(port),
    encrypted: scheme.encrypted,
  };
}

/** Is the line to this broker readable for others on the network? Throws UsageError mqtt.url. */
export function isExposed(url: string): boolean {
  const { host, encrypted } = doorOf(url);
  return !encrypted && !LOOPBACK.test(host);
}
