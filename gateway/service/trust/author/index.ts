/** Authoring: from a plan to an envelope, its signatures, and what authors want to know of it. No gateway, no store, no keys kept. */
export { type Below, openBelow } from "../opened.ts";
export { type ElementRow, type EnvelopeSizes, elementsOf, sizesOf } from "./elements.ts";
export { classId, DNS, uuidV5, vendorId } from "./identity.ts";
export { NODE, type NodeFile, readNodeFile, viewOf } from "./node-file.ts";
export { imagesOf, PLAN, type PlannedImage, type ReleasePlan, SEVERABLE_PARTS, type SeverablePart } from "./plan.ts";
export { PlanError, type PlanFinding, readPlan, readYaml, shownFinding } from "./plan-text.ts";
export { type Ciphertext, createRelease, measure, type OpenEnvelope, openEnvelope, type Release } from "./release.ts";
export { riotbootVersion } from "./riot.ts";
export { type NamedKey, type SignOptions, signEnvelope } from "./sign.ts";
export { type Ingredients, type Measured, type MeasuredImages, manifestOf } from "./template.ts";
export { type VerifyStep, verifySteps } from "./verify.ts";
export { versionNumbers } from "./version.ts";
