/** A secret from the configuration: printed, logged or serialized it shows nothing; only `reveal` gives it away. */
import { readFileSync } from "node:fs";
import { inspect } from "node:util";

export const REDACTED = "(secret)";

export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return REDACTED;
  }

  toJSON(): string {
    return REDACTED;
  }

  [inspect.custom](): string {
    return REDACTED;
  }
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** `file:PATH` and `env:NAME` are looked up, anything else is the secret itself. Gives a problem as text. */
export function resolveSecret(reference: string, env: Environment): Secret | string {
  if (reference.startsWith("env:")) {
    const value = env[reference.slice(4)];
    return value === undefined ? `the environment has no variable ${reference.slice(4)}` : new Secret(value);
  }
  if (reference.startsWith("file:")) {
    try {
      // Editors and `echo` end a file with a newline that is no part of the secret.
      return new Secret(readFileSync(reference.slice(5), "utf8").replace(/\r?\n$/, ""));
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? "unknown reason";
      const whose = code === "EACCES" ? ": be the user that the gateway runs as, e.g. with sudo -u sidgate" : "";
      return `cannot read the file ${reference.slice(5)}: ${code}${whose}`;
    }
  }
  return new Secret(reference);
}
