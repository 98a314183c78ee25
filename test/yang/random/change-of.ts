/** One small change of a document: most break a rule, some none. */
import type { Json } from "../../../gateway/yang/api.ts";
import type { Schema } from "../../../gateway/yang/schema.ts";
import type { Dice } from "../../fuzz/dice.ts";
import { type Members, nameIn, type RandomDocuments } from "./document-of.ts";
import { isMembers, type Place, placesIn, removeAt, replaceAt, valueAt } from "./places.ts";
import { speaks } from "./text-of.ts";

interface Workshop {
  readonly dice: Dice;
  readonly documents: RandomDocuments;
}

/** False: it does not apply here. */
type Change = (place: Place, workshop: Workshop) => boolean;

const CHANGES: ReadonlyArray<readonly [weight: number, name: string, change: Change]> = [
  [6, "another value that fits the type", otherValue],
  [4, "taken away", takenAway],
  [4, "a node more", nodeMore],
  [2, "a value next to it", nextValue],
  [1, "a value of another kind", otherKind],
  [1, "a name that nobody has", otherName],
  [2, "an entry twice", entryTwice],
];
const WEIGHTS = CHANGES.reduce((sum, [weight]) => sum + weight, 0);

/** Changes the document in place; the change in words. */
export function change(document: Members, schema: Schema, workshop: Workshop): string {
  const places = placesIn(document, schema);
  for (let tries = 0; tries < 20 && places.length > 0; tries++) {
    let roll = workshop.dice.below(WEIGHTS);
    for (const [weight, name, apply] of CHANGES) {
      roll -= weight;
      if (roll >= 0) continue;
      const place = workshop.dice.pick(places);
      if (apply(place, workshop)) return `${name}: ${place.path}`;
      break;
    }
  }
  return "no change";
}

const isLeafValue = ({ node, index }: Place): boolean =>
  node.kind === "leaf" || (node.kind === "leaf-list" && index !== undefined);

function otherValue(place: Place, { documents }: Workshop): boolean {
  if (!isLeafValue(place)) return false;
  const value = documents.value(place.node);
  const one = place.node.kind === "leaf-list" && Array.isArray(value) ? value[0] : value;
  if (one === undefined) return false;
  replaceAt(place, one as Json);
  return true;
}

function takenAway(place: Place): boolean {
  removeAt(place);
  return true;
}

function nodeMore(place: Place, { dice, documents }: Workshop): boolean {
  const value = valueAt(place);
  if (!isMembers(value) || place.node.children.length === 0) return false;
  const node = dice.pick(place.node.children);
  if (!documents.wants(node)) return false;
  const name = nameIn(node, place.node);
  const more = documents.value(node);
  if (more === undefined || value[name] !== undefined) return false;
  Object.assign(value, { [name]: more });
  return true;
}

function nextValue(place: Place, { dice }: Workshop): boolean {
  if (!isLeafValue(place) || (place.node.type && speaks(place.node.type))) return false;
  const value = valueAt(place);
  const step = dice.pick([1, -1]);
  if (typeof value === "number") replaceAt(place, value + step);
  else if (typeof value === "string" && /^-?\d+$/.test(value)) replaceAt(place, String(BigInt(value) + BigInt(step)));
  else if (typeof value === "string")
    replaceAt(place, dice.pick([value.slice(1), `${value}x`, `${value}${value}`, value.toUpperCase(), ""]));
  else return false;
  return true;
}

/** What both ends read the same: libyang takes some numbers in quotes, and texts without them. */
function otherKind(place: Place, { dice }: Workshop): boolean {
  if (!isLeafValue(place) || typeof valueAt(place) === "object") return false;
  replaceAt(place, dice.pick<Json>([{}, [], [null], { a: 1 }, [1]]));
  return true;
}

function otherName({ members, name }: Place, { dice }: Workshop): boolean {
  const value = members[name];
  if (value === undefined) return false;
  delete members[name];
  members[dice.pick([`${name}x`, `nobody:${name.replace(/^.*:/, "")}`])] = value;
  return true;
}

function entryTwice(place: Place): boolean {
  const { members, name, index } = place;
  const value = members[name];
  if (index === undefined || !Array.isArray(value)) return false;
  members[name] = [...value, JSON.parse(JSON.stringify(value[index]))] as Json;
  return true;
}
