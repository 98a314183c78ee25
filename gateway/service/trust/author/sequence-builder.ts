/** suit-manifest-37 §6.5, §8.4.7 — command sequences as authors write them: the component first, then what is done with it. */
import {
  COMMAND,
  type NewCommand,
  type NewSequence,
  type Parameters,
  type ParameterValue,
  REPORTING,
  SHA_256,
} from "../../../wire/suit/index.ts";

const { recordSuccess, recordFailure, sysinfoSuccess, sysinfoFailure } = REPORTING;
/** What the examples of the draft ask to be reported: of a check everything, of an action its failure. */
const REPORTS = {
  check: recordSuccess | recordFailure | sysinfoSuccess | sysinfoFailure,
  action: recordFailure,
  /** A slot that is not meant is no failure. */
  choice: recordSuccess | sysinfoSuccess,
} as const;

export class SequenceBuilder {
  readonly #commands: NewCommand[] = [];
  readonly #several: boolean;
  #index: number | undefined;

  /** How many components the manifest has: with one there is nothing to choose. */
  constructor(components: number) {
    this.#several = components > 1;
  }

  get isEmpty(): boolean {
    return this.#commands.length === 0;
  }

  at(index: number): this {
    if (!this.#several || this.#index === index) return this;
    this.#index = index;
    this.#commands.push({ code: COMMAND.setComponentIndex, argument: { kind: "index", index } });
    return this;
  }

  set(...parameters: ReadonlyArray<readonly [key: number, value: ParameterValue | undefined]>): this {
    const given: Parameters = new Map(
      parameters.flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
    );
    if (given.size > 0) {
      const argument = { kind: "parameters", parameters: given } as const;
      this.#commands.push({ code: COMMAND.overrideParameters, argument });
    }
    return this;
  }

  run(code: number, reports: keyof typeof REPORTS): this {
    this.#commands.push({ code, argument: { kind: "policy", policy: REPORTS[reports] } });
    return this;
  }

  /** §8.4.10.2: the first arm whose conditions hold. Inside, the component is the one that was chosen outside. */
  tryEach<T>(cases: readonly T[], write: (arm: SequenceBuilder, one: T) => void): this {
    const arms = cases.map((one) => {
      const arm = new SequenceBuilder(1);
      write(arm, one);
      return arm.done();
    });
    this.#commands.push({ code: COMMAND.tryEach, argument: { kind: "try-each", arms } });
    return this;
  }

  done(): NewSequence {
    return { commands: this.#commands };
  }
}

export const identifier = (bytes: Uint8Array): ParameterValue => ({ form: "identifier", bytes, tagged: false });
export const uint = (value: bigint): ParameterValue => ({ form: "uint", value });
export const text = (value: string): ParameterValue => ({ form: "text", text: value });
export const sha256 = (bytes: Uint8Array): ParameterValue => ({
  form: "digest",
  digest: { algorithm: SHA_256, bytes },
});
