/** Where SUIT reports of nodes become facts: each once, whichever way it came, before the fact that brought it. */
import { isCoded, type Logger, type NodeId, RecentMap } from "../../../base/index.ts";
import type { Recorder } from "../../../store/index.ts";
import { readEnvelope } from "../../../wire/suit/index.ts";
import { type Program, programOf } from "../processor/index.ts";
import type { ReleaseInfo, Releases } from "../releases.ts";
import { judgeReport } from "./judge.ts";
import type { NodeReports } from "./node-reports.ts";

/** Releases whose commands are at hand: a fleet reports on one or two at a time. */
const OPEN = 8;

export interface IntakeOptions {
  readonly releases: Pick<Releases, "find">;
  readonly reports: NodeReports;
  readonly log: Logger;
}

/** What the protocol faces need of it. */
export interface TakesReports {
  /** Resolves when it is durable; undefined when there is nothing new. */
  take(node: NodeId, report: Uint8Array | undefined, recorder: Recorder): Promise<void> | undefined;
}

export class ReportIntake implements TakesReports {
  readonly #options: IntakeOptions;
  readonly #programs = new RecentMap<string, { readonly envelope: Uint8Array; readonly program: Program }>(OPEN);

  constructor(options: IntakeOptions) {
    this.#options = options;
  }

  take(node: NodeId, report: Uint8Array | undefined, recorder: Recorder): Promise<void> | undefined {
    const { reports, log } = this.#options;
    if (report === undefined || reports.isKnown(node, report)) return undefined;
    const judgement = judgeReport(report, (release) => this.#find(release));
    const { release, result, text } = judgement;
    if (result === "failed" || result === "doubtful") log.warn("release.reported", { node, release, result, text });
    return recorder.record("release.reported", { node, ...judgement, report });
  }

  #find(release: string): Program | "unreadable" | undefined {
    const known = this.#options.releases.find(release);
    return known === undefined ? undefined : this.#open(known);
  }

  #open({ id, envelope, withdrawn }: ReleaseInfo): Program | "unreadable" {
    if (withdrawn !== undefined) return "unreadable";
    const open = this.#programs.get(id);
    // Elements of it may have come in later.
    if (open !== undefined && open.envelope === envelope) return open.program;
    try {
      const program = programOf(readEnvelope(envelope));
      this.#programs.set(id, { envelope, program });
      return program;
    } catch (error) {
      if (!isCoded(error)) throw error;
      this.#options.log.warn("release.unreadable", { release: id, code: error.code });
      return "unreadable";
    }
  }
}
