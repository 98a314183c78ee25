/** The broker that the configuration names, with its files read. */
import { readFile } from "node:fs/promises";
import { UsageError } from "../../gateway/base/index.ts";
import { type BrokerAddress, reasonOf, type TlsOptions } from "../mqtt/index.ts";

/** Paths of PEM files. */
export interface TlsFiles {
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}

export interface ConfiguredBroker {
  readonly url: string;
  /** By default the site's id, so that one ACL pattern serves all sites. */
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly tls?: TlsFiles | undefined;
}

/** Throws UsageError mqtt.tls-file. */
export async function configuredBroker(mqtt: ConfiguredBroker, site: string | undefined): Promise<BrokerAddress> {
  const username = mqtt.username ?? site;
  return {
    url: mqtt.url,
    ...(username === undefined ? {} : { username }),
    ...(mqtt.password === undefined ? {} : { password: mqtt.password }),
    tls: await readTlsFiles(mqtt.tls ?? {}),
  };
}

async function readTlsFiles(files: TlsFiles): Promise<TlsOptions> {
  const named = Object.entries(files).filter((entry): entry is [string, string] => typeof entry[1] === "string");
  return Object.fromEntries(
    await Promise.all(named.map(async ([name, path]) => [name, await readPem(name, path)] as const)),
  );
}

/** RFC 7468 §5 and §10, §11, and what OpenSSL calls them: OpenSSL passes over what it does not look for, without a word. */
const HOLDS: Readonly<Record<string, readonly [label: RegExp, what: string]>> = {
  ca: [/^-----BEGIN (TRUSTED |X509 )?CERTIFICATE-----/m, "no certificate"],
  cert: [/^-----BEGIN (TRUSTED |X509 )?CERTIFICATE-----/m, "no certificate"],
  key: [/^-----BEGIN [A-Z ]*PRIVATE KEY-----/m, "no private key"],
};

async function readPem(name: string, path: string): Promise<string> {
  const pem = await readFile(path, "utf8").catch((error: unknown) => {
    throw new UsageError("mqtt.tls-file", { path, reason: reasonOf(error) }, { cause: error });
  });
  const [label, what] = HOLDS[name] ?? [/^/, ""];
  if (!label.test(pem)) throw new UsageError("mqtt.tls-file", { path, reason: `there is ${what} in it` });
  return pem;
}
