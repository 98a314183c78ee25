export { IMAGE_PREFIX, imageLane, imageUri } from "./block-lane.ts";
