/**
 * The configuration as a backup takes it along: what was set, and nothing that is secret. References (`file:PATH`, `env:NAME`) stay;
 * what they, and other settings, point to lies outside the data folder and is named to whoever restores it.
 */
import { Document } from "yaml";
import { type ConfigSource, type Examined, examineConfig } from "./read.ts";
import { SETTING_KEYS, SETTINGS, type Setting, type SettingKey } from "./settings.ts";
import { inSections } from "./show.ts";

export interface PortableConfig {
  readonly text: string;
  /** What it speaks of and does not hold, in sentences. */
  readonly missing: readonly string[];
}

/** Settings that name files or folders which no backup has. */
const ELSEWHERE: readonly SettingKey[] = [
  "mqtt.tls.ca",
  "mqtt.tls.cert",
  "mqtt.tls.key",
  "upstream.ca",
  "models.folders",
];

export const portableConfig = (source: ConfigSource): PortableConfig => portable(examineConfig(source));

function portable({ given }: Pick<Examined, "given">): PortableConfig {
  const document = new Document({});
  const missing: string[] = [];
  for (const key of SETTING_KEYS) {
    const setting: Setting = SETTINGS[key];
    const raw = given.get(key)?.raw;
    if (raw === undefined) continue;
    const isReference = typeof raw === "string" && /^(file|env):/.test(raw);
    if (setting.secret && !isReference) missing.push(`the value of ${key}, which is secret`);
    else inSections(document, key, document.createNode(raw, { flow: true }));
    if (setting.secret && isReference) missing.push(`${raw}, the value of ${key}`);
    else if (ELSEWHERE.includes(key)) missing.push(...[raw].flat().map((path) => `${path}, of ${key}`));
  }
  return { text: document.toString({ lineWidth: 0, flowCollectionPadding: false }), missing };
}
