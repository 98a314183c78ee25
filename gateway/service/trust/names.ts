/** What a release calls what it brings, in its set version and its texts (§8.4.4, um): signed, and still only words. */
import { isCoded } from "../../base/index.ts";
import { readText, TEXT_COMPONENT } from "../../wire/suit/index.ts";
import type { AuthenticRelease } from "./verify.ts";

export interface ReleaseNames {
  readonly model?: string;
  readonly version?: string;
}

/** As the arguments of our own commands: short, and nothing that a terminal would act on. */
const PLAIN = /^[^\p{Cc}\u202a-\u202e\u2066-\u2069]{1,64}$/u;

export function namesIn({ manifest, whole }: AuthenticRelease): ReleaseNames {
  const version = manifest.setVersion?.join(".") ?? textOf(whole.text, TEXT_COMPONENT.componentVersion);
  const model = textOf(whole.text, TEXT_COMPONENT.modelName);
  return { ...(model === undefined ? {} : { model }), ...(version === undefined ? {} : { version }) };
}

/** Of the first component that has it, in the first language. A text that is malformed says nothing. */
function textOf(content: Uint8Array | undefined, label: number): string | undefined {
  if (content === undefined) return undefined;
  try {
    for (const { components } of readText(content).values()) {
      for (const { texts } of components.values()) {
        const words = texts.get(label);
        if (words !== undefined && PLAIN.test(words)) return words;
      }
    }
  } catch (error) {
    if (!isCoded(error)) throw error;
  }
  return undefined;
}
