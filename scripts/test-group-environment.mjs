// The environment of a group of test files: Node's, and `inDescribe`, which loads a file inside a `describe`. Jest's own
// `describe` takes no asynchronous body, and a file is loaded asynchronously.
import { TestEnvironment } from "jest-environment-node";

export default class GroupEnvironment extends TestEnvironment {
  #state;
  #begun;

  constructor(config, context) {
    super(config, context);
    this.global.inDescribe = (name, load) => this.#inDescribe(name, load);
  }

  handleTestEvent(event, state) {
    if (event.name !== "start_describe_definition") return;
    this.#state = state;
    this.#begun = state.currentDescribeBlock;
  }

  /** An empty block by Jest's own function; while the file is loaded, what it declares goes into that block. */
  async #inDescribe(name, load) {
    this.global.describe(name, () => {});
    const [state, block] = [this.#state, this.#begun];
    const outer = state.currentDescribeBlock;
    state.currentDescribeBlock = block;
    try {
      await load();
    } catch (error) {
      this.global.test("can be loaded", () => {
        throw error;
      });
    }
    state.currentDescribeBlock = outer;
  }
}
