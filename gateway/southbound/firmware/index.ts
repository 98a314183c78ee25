export { imageLane, imageUri } from "./block-lane.ts";
