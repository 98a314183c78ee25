/** One validation: what it knows of its surroundings, and where its findings go. */
import { Fault, type FaultCode } from "../codec/fault.ts";
import { type Frame, keysAround } from "./frame.ts";
import type { RuleBook, Rules } from "./rules/rules.ts";
import type { View } from "./view.ts";

export interface Check {
  readonly book: RuleBook;
  readonly view: View;
  /** A datastore, not a message. */
  readonly datastore: boolean;
  /** The state in a datastore must be as complete and right as its configuration. */
  readonly complete: boolean;
  readonly found: (finding: Fault) => void;
}

export function raise(finding: Fault): never {
  throw finding;
}

/** Config false nodes of a datastore are the business of the node that reports them, piece by piece. */
export const isAccountable = ({ node }: Rules, { datastore, complete }: Check): boolean =>
  !datastore || complete || node.schema.config;

/** A finding at the child of a place, or at the place itself when `guilty` are its own rules. */
export function find(
  code: FaultCode,
  what: string,
  guilty: Rules,
  frame: Frame,
  { found }: Check,
  adjust: (fault: Fault) => void = () => undefined,
): void {
  const fault = new Fault(code, what, guilty.node.sid).within(keysAround(frame));
  adjust(fault);
  found(fault);
}
