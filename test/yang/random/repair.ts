/** What our validator says, and documents from which all is taken away that it finds fault with. */
import { isCoded } from "../../../gateway/base/index.ts";
import type { Json } from "../../../gateway/yang/api.ts";
import { fromJson, validate } from "../../../gateway/yang/index.ts";
import type { Schema } from "../../../gateway/yang/schema.ts";
import type { Members } from "./document-of.ts";
import { placesIn, removeAt } from "./places.ts";

export interface Finding {
  readonly code: string;
  readonly path: string;
  readonly words: string;
}

/** undefined: the document is valid. `complete`: so that its state counts like its configuration. */
export function faultOf(document: Members, schema: Schema, complete: boolean): Finding | undefined {
  try {
    validate(fromJson(document as Json, schema), schema, undefined, { complete });
    return undefined;
  } catch (error) {
    if (!isCoded(error)) throw error;
    return { code: error.code, path: String(error.facts["path"] ?? ""), words: error.message };
  }
}

/** Makes the document valid; false when it could not. */
export function repair(document: Members, schema: Schema, complete: boolean): boolean {
  for (let left = 200; left > 0; left--) {
    const fault = faultOf(document, schema, complete);
    if (fault === undefined) return true;
    const places = placesIn(document, schema);
    let path = fault.path;
    let guilty = places.find((place) => place.path === path);
    while (guilty === undefined && path !== "") {
      path = path.slice(0, path.lastIndexOf("/"));
      guilty = places.find((place) => place.path === path);
    }
    if (guilty === undefined) return false;
    removeAt(guilty);
  }
  return false;
}
