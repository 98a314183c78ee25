/** suit-manifest-37 §8.4.10 — what a component holds after a directive, as far as a manifest tells. */
import { COMMAND, PARAMETER, type Parameters } from "../../../wire/suit/index.ts";
import { assign, type Held, namedNow, parametersOf, store, type Way } from "./way.ts";

/** A component, by its index among those of its manifest. */
export interface Place {
  readonly scope: { readonly components: readonly string[] };
  readonly index: number;
}
export const nameAt = ({ scope, index }: Place): string => scope.components[index] ?? "";

type Content = (way: Way, parameters: Parameters, at: Place) => Held;

/** What a component holds after each of these. */
export const CONTENTS: ReadonlyMap<number, Content> = new Map<number, Content>([
  [COMMAND.fetch, (_way, parameters) => fetched(parameters)],
  [COMMAND.copy, copied],
  [COMMAND.write, () => ({})],
  [COMMAND.unlink, () => ({})],
]);

function fetched(parameters: Parameters): Held {
  const value = parameters.get(PARAMETER.uri);
  const uri = value?.form === "text" ? value.text : undefined;
  const named = namedNow(parameters);
  // fe: what is decrypted on its way has the digest of its ciphertext now, and that of its plaintext when it is matched.
  if (!parameters.has(PARAMETER.encryptionInfo)) return { uri, expected: named };
  return named === undefined ? {} : { uri, sealed: named };
}

const sourceOf = (parameters: Parameters, { scope }: Place): string => {
  const value = parameters.get(PARAMETER.sourceComponent);
  return value?.form === "uint" ? (scope.components[Number(value.value)] ?? "") : "";
};

function copied(way: Way, parameters: Parameters, at: Place): Held {
  const from = way.held.get(sourceOf(parameters, at)) ?? {};
  if (parameters.has(PARAMETER.encryptionInfo)) return { sealed: from.known ?? from.expected };
  const { expected: _, ...content } = from;
  return content;
}

export function swapped(way: Way, at: Place): Way {
  const own = nameAt(at);
  const other = sourceOf(parametersOf(way, own), at);
  const [mine = {}, theirs = {}] = [way.held.get(own), way.held.get(other)];
  return store(store(way, own, theirs), other, mine);
}

export function copyParameters(way: Way, at: Place, source: number, keys: readonly number[]): Way {
  const from = parametersOf(way, at.scope.components[source] ?? "");
  return assign(way, nameAt(at), new Map([...from].filter(([key]) => keys.includes(key))), false);
}
