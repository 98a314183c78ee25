/** Reports of nodes on how releases fared (suit-report): judged, recorded once, remembered. */
export { type IntakeOptions, ReportIntake, type TakesReports } from "./intake.ts";
export { type Judgement, judgeReport } from "./judge.ts";
export { type NodeReport, NodeReports } from "./node-reports.ts";
