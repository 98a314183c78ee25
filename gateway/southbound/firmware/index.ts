export { authorLane } from "./author-lane.ts";
export { imageLane, imageUri } from "./block-lane.ts";
