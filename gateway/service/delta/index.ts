/** Shorter forms of images for their way to nodes: made on demand, verified, kept, chosen by size. */
export { COMPRESSED_SHARE, chooseForm, type Lengths, PATCH_SHARE } from "./choose.ts";
export { Deltas, type DeltasParts, type Form, type FormSource, type Taken } from "./deltas.ts";
export { type FormJob, type FormKind, type MadeForm, makeForm } from "./job.ts";
export { type FormMaker, Workshop, type WorkshopOptions } from "./workshop.ts";
