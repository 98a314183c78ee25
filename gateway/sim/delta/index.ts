/** Shorter forms of an image, from the end that has to understand them: nothing is shared with gateway/wire/delta. */
export { Patch } from "./patch.ts";
