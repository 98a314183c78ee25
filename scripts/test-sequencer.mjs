// The order of the suite: two files that start programs and wait for them, then a group that computes, so that the three
// workers of jest.config.js have work for both cores from the beginning to the end.
import Sequencer from "@jest/test-sequencer";
import { isGroup } from "./test-groups.mjs";

const WAITING_BESIDE_ONE = 2;

export default class SuiteSequencer extends Sequencer {
  /** Jest's own order, in each half, is the longest first. */
  sort(tests) {
    const sorted = super.sort(tests);
    const computing = sorted.filter(({ path, context }) => isGroup(context.config.rootDir, path));
    const waiting = sorted.filter((each) => !computing.includes(each));
    const order = [];
    while (waiting.length + computing.length > 0) {
      order.push(...waiting.splice(0, WAITING_BESIDE_ONE), ...computing.splice(0, 1));
    }
    return order;
  }
}
