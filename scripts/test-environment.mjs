// The environment of the suite: Node's as Jest makes it, without what makes it slow for hot code, and with `inDescribe`,
// which the groups of scripts/test-groups.mjs are made of.
import { runInContext } from "node:vm";
import { TestEnvironment } from "jest-environment-node";

/** Of the language, but for Date, which fake timers replace; and Buffer. */
const BUILT_IN =
  "AggregateError Array ArrayBuffer Atomics BigInt BigInt64Array BigUint64Array Boolean Buffer DataView Error EvalError " +
  "FinalizationRegistry Float32Array Float64Array Function Int16Array Int32Array Int8Array Intl JSON Map Math Number Object " +
  "Promise Proxy RangeError ReferenceError Reflect RegExp Set SharedArrayBuffer String Symbol SyntaxError TypeError " +
  "URIError Uint16Array Uint32Array Uint8Array Uint8ClampedArray WeakMap WeakRef WeakSet";

export default class SuiteEnvironment extends TestEnvironment {
  #state;
  #begun;

  constructor(config, context) {
    super(config, context);
    // The global object is a proxy behind interceptors: each `Math` or `Uint8Array` costs some hundred nanoseconds there.
    // Names declared by a script are found before it.
    runInContext(`const { ${BUILT_IN.split(" ").join(", ")} } = globalThis;`, this.getVmContext());
    // Node's own; Jest's hundred frames make every error dear, and thousands of the suite's are expected ones.
    this.global.Error.stackTraceLimit = 10;
    this.global.inDescribe = (name, load) => this.#inDescribe(name, load);
  }

  handleTestEvent(event, state) {
    if (event.name !== "start_describe_definition") return;
    this.#state = state;
    this.#begun = state.currentDescribeBlock;
  }

  /**
   * What a file declares while it is loaded goes into a `describe` of its own. Jest's takes no body that waits, so an empty
   * one is made by it and stays the current one until the file is loaded.
   */
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
