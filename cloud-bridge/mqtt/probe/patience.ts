/** How long the probe waits for what a broker does at once or never; a test of a broker beside it need not wait so long. */
import { type Millis, millis } from "../../../gateway/base/index.ts";

export interface Patience {
  /** For the first message to come back, on which all else hangs. */
  readonly first: Millis;
  /** For each other answer. */
  readonly answer: Millis;
}

export const PATIENCE: Patience = { first: millis(4000), answer: millis(1500) };
