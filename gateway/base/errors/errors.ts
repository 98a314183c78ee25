/** Errors are data: a closed code and typed facts; the text is made when somebody reads it. */
import {
  type Blame,
  type BugCode,
  ERRORS,
  type ErrorCode,
  type Facts,
  type StoreCode,
  type TrustCode,
  type UsageCode,
  type WireCode,
} from "./table.ts";

type Arguments<C extends ErrorCode> = keyof Facts<C> extends never
  ? [facts?: Readonly<Record<string, string | number>>, options?: ErrorOptions]
  : [facts: Facts<C>, options?: ErrorOptions];

const fill = (text: string, facts: Readonly<Record<string, string | number>>): string =>
  text.replace(/\{([\w-]+)\}/g, (whole, name: string) => String(facts[name] ?? whole));

/** An error from the table. Extra facts beyond those of the text are welcome in logs and traces. */
export class CodedError<C extends ErrorCode = ErrorCode> extends Error {
  readonly code: C;
  readonly facts: Readonly<Record<string, string | number>>;

  constructor(code: C, ...[facts, options]: Arguments<C>) {
    super(fill(ERRORS[code].text, facts ?? {}), options);
    this.name = new.target.name;
    this.code = code;
    this.facts = facts ?? {};
  }

  get blame(): Blame {
    return ERRORS[this.code].blame;
  }

  get hint(): string {
    return fill(ERRORS[this.code].hint, this.facts);
  }
}

/** The peer's bytes are wrong. */
export class WireError<C extends WireCode = WireCode> extends CodedError<C> {}
/** The bytes are right and not believed. */
export class TrustError<C extends TrustCode = TrustCode> extends CodedError<C> {}
/** Our backing failed or refuses. */
export class StoreError<C extends StoreCode = StoreCode> extends CodedError<C> {}
/** The caller, the operator or the configuration asked for something that cannot be. */
export class UsageError<C extends UsageCode = UsageCode> extends CodedError<C> {}
/** We are wrong. */
export class BugError<C extends BugCode = BugCode> extends CodedError<C> {}

export const isCoded = (error: unknown): error is CodedError => error instanceof CodedError;

/** One line for a person: sentence, hint, code. */
export function explain(error: unknown): string {
  if (!isCoded(error)) return error instanceof Error ? error.message : String(error);
  return explanation(error);
}

/** The same of an error that another process told. A text that asks "did you mean 'leaf'?" has its mark already. */
export const explanation = ({ message, hint, code }: Readonly<Record<"message" | "hint" | "code", string>>): string =>
  `${message}${/[.?!]$/.test(message) ? "" : "."} ${hint} [${code}]`;
