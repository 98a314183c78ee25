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

/** What a device is known by in rights and rules. */
export type Identity = "vendor" | "class";

/** A release as rights and rules see it. */
export interface TouchedScope extends ReleaseScope {
  /** Devices are touched without being asked for these: whatever is named, it is for any of them. */
  readonly unasked: readonly Identity[];
}

/** A vendor or class as rights and facts name it. */
export const identifierName = ({ bytes, tagged }: Extract<ParameterValue, { form: "identifier" }>): string =>
  tagged ? `pen:${toHex(bytes)}` : toHex(bytes);

export const componentPath = (id: ComponentId): readonly string[] => id.map(toHex);

/**
 * For what these rights are not enough, in words; undefined = they are. Who is limited to some vendors signs for no unnamed one, and
 * for none that the manifest names without turning the others away.
 */
export function beyond(rights: SigningRights, scope: TouchedScope): string | undefined {
  return (
    outside("vendor", rights.vendors, scope) ??
    outside("class", rights.classes, scope) ??
    outsideComponents(rights.components, scope.components)
  );
}

/** Does a rule for this vendor or class speak of it? An enterprise number may be that of anybody. */
export const mayBeFor = (what: Identity, name: string, scope: TouchedScope): boolean => {
  const named = namesOf(what, scope);
  return (
    named.length === 0 || scope.unasked.includes(what) || named.some((one) => one === name || one.startsWith("pen:"))
  );
};

const namesOf = (what: Identity, { vendors, classes }: ReleaseScope): readonly string[] =>
  what === "vendor" ? vendors : classes;

function outside(what: Identity, allowed: readonly string[] | undefined, scope: TouchedScope): string | undefined {
  if (allowed === undefined) return undefined;
  const named = namesOf(what, scope);
  if (named.length === 0) return `devices of any ${what}`;
  const foreign = named.find((name) => !allowed.includes(name));
  if (foreign !== undefined) return `the ${what} ${foreign}`;
  return scope.unasked.includes(what) ? `devices of another ${what}, which it does not turn away` : undefined;
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
