/** The id of an image in an offer: six characters made from its digest: `f/ID` has eight. */
import { shortIdOf } from "../../base/index.ts";

const LENGTH = 6;

/** 30 bits of the digest (hex). */
export const shortId = (digest: string): string => shortIdOf(digest.slice(0, 8), LENGTH);
