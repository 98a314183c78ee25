/** suit-manifest-37 §8.4.4 — what the author says to people, with what the plan says anyway. */
import {
  componentKey,
  encodeText,
  type LanguageText,
  TEXT,
  TEXT_COMPONENT,
  type Texts,
} from "../../../wire/suit/index.ts";
import type { ReleasePlan } from "./plan.ts";

/** The language of a plan that has a name and no texts. */
const DEFAULT_LANGUAGE = "en";

/** The content of element 23; undefined where there is nothing to say. */
export function releaseText(plan: ReleasePlan): Uint8Array | undefined {
  const languages = plan.text ?? (plan.name === undefined ? {} : { [DEFAULT_LANGUAGE]: {} });
  const texts = Object.entries(languages).map(([language, words]) => [language, languageText(plan, words)] as const);
  return texts.length === 0 ? undefined : encodeText(new Map(texts));
}

function languageText(plan: ReleasePlan, words: NonNullable<ReleasePlan["text"]>[string]): LanguageText {
  const [{ id } = { id: [] }] = plan.components;
  const component = given([
    [TEXT_COMPONENT.vendorName, words["vendor-name"]],
    [TEXT_COMPONENT.modelName, words["model-name"] ?? plan.model],
    [TEXT_COMPONENT.vendorDomain, plan.vendor],
    [TEXT_COMPONENT.modelInfo, words["model-info"]],
    [TEXT_COMPONENT.componentDescription, words.component],
    [TEXT_COMPONENT.componentVersion, plan.version?.text],
    [TEXT_COMPONENT.versionRequired, words["version-required"]],
    [TEXT_COMPONENT.currentVersion, words["current-version"]],
  ]);
  return {
    manifest: given([
      [TEXT.manifestDescription, words.description ?? plan.name],
      [TEXT.updateDescription, words.update],
    ]),
    components: new Map([[componentKey(id), { id, texts: component }]]),
  };
}

const given = (texts: ReadonlyArray<readonly [label: number, text: string | undefined]>): Texts =>
  new Map(texts.flatMap(([label, text]) => (text === undefined ? [] : [[label, text] as const])));
