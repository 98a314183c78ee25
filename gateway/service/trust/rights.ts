/** suit-manifest-37 §9, RFC 9124 §4.3.8 — for which devices and which of their parts a signer may speak: pure sets. */
import { toHex } from "../../base/index.ts";
import type { SigningRights } from "../../store/index.ts";
import type { ComponentId, ParameterValue } from "../../wire/suit/index.ts";

/** Whom a release is for, in the words of `SigningRights`. */
export interface ReleaseScope {
  readonly vendors: readonly string[];
  readonly classes: readonly string[];
  readonly components: ReadonlyArray<readonly string[]>;
}

/** A vendor or class as rights and facts name it. */
export const identifierName = ({ bytes, tagged }: Extract<ParameterValue, { form: "identifier" }>): string =>
  tagged ? `pen:${toHex(bytes)}` : toHex(bytes);

export const componentPath = (id: ComponentId): readonly string[] => id.map(toHex);

/** For what these rights are not enough, in words; undefined = they are. Who is limited to some vendors signs for no unnamed one. */
export function beyond(rights: SigningRights, { vendors, classes, components }: ReleaseScope): string | undefined {
  return (
    outside("vendor", rights.vendors, vendors) ??
    outside("class", rights.classes, classes) ??
    outsideComponents(rights.components, components)
  );
}

function outside(what: string, allowed: readonly string[] | undefined, named: readonly string[]): string | undefined {
  if (allowed === undefined) return undefined;
  if (named.length === 0) return `devices of any ${what}`;
  const foreign = named.find((name) => !allowed.includes(name));
  return foreign === undefined ? undefined : `the ${what} ${foreign}`;
}

function outsideComponents(
  prefixes: SigningRights["components"],
  components: ReleaseScope["components"],
): string | undefined {
  const foreign = components.find((id) => prefixes?.some((prefix) => startsWith(id, prefix)) === false);
  return foreign && `the component ${foreign.join("/") || "without a name"}`;
}

const startsWith = (id: readonly string[], prefix: readonly string[]): boolean =>
  prefix.every((part, index) => id[index] === part);
