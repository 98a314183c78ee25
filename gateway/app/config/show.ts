/** The configuration in force, as YAML that could be read back; secrets are never shown. */
import { Document, isScalar, YAMLMap } from "yaml";
import type { Examined } from "./read.ts";
import { REDACTED } from "./secret.ts";
import { SETTING_KEYS, SETTINGS, type Setting } from "./settings.ts";

/** With `origin`, each line says where its value comes from. Unset settings are left out. */
export function renderConfig({ given }: Pick<Examined, "given">, options: { readonly origin: boolean }): string {
  const document = new Document({});
  for (const key of SETTING_KEYS) {
    const setting: Setting = SETTINGS[key];
    const source = given.get(key);
    const raw = source === undefined ? setting.fallback : source.raw;
    if (raw === undefined) continue;
    const value = document.createNode(setting.secret ? REDACTED : raw, { flow: true });
    if (options.origin && (isScalar(value) || Array.isArray(raw))) value.comment = ` ${source?.place ?? "default"}`;
    inSections(document, key, value);
  }
  return document.toString({ lineWidth: 0, flowCollectionPadding: false });
}

/** Below the sections that its key names, made where they are not there yet. */
export function inSections(document: Document, key: string, value: unknown): void {
  const words = key.split(".");
  for (let depth = 1; depth < words.length; depth++) {
    const section = words.slice(0, depth);
    if (!document.hasIn(section)) document.setIn(section, new YAMLMap());
  }
  document.setIn(words, value);
}
