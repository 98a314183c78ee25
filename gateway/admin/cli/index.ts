/** The command line. */
export type { CliContext } from "./asking.ts";
export { buildCli } from "./cli.ts";
export { type Answer, controlRequest } from "./control.ts";
export { EXIT, EXIT_MEANINGS, exitCodeOf } from "./exit-codes.ts";
export { GatewayClient, GatewayRefusal } from "./gateway-client.ts";
export { type CliIo, type Detailed, runCli } from "./main.ts";
export {
  type AskOptions,
  type BackupOptions,
  type ConfigOptions,
  type DoctorOptions,
  type GatewayOptions,
  type Programs,
  type RestoreOptions,
  type RunOptions,
  SERVICE_PROGRAMS,
  type ServiceInstallOptions,
  type SimOptions,
  type TryOptions,
} from "./programs.ts";
export {
  KEY_ALGORITHMS,
  type ReleaseCreateOptions,
  type ReleaseDryRunOptions,
  type ReleaseInspectOptions,
  type ReleaseKeygenOptions,
  type ReleasePrograms,
  type ReleaseReplayOptions,
  type ReleaseSeverOptions,
  type ReleaseSignOptions,
  type ReleaseVerifyOptions,
  type SeverableName,
} from "./release.ts";
export { intoSecretFile } from "./secret-file.ts";
export type {
  SidCheckOptions,
  SidDiffOptions,
  SidGenerateOptions,
  SidHeaderOptions,
  SidPrograms,
  SidUpdateOptions,
} from "./sid.ts";
export { formatTable, printable, printableJson, printableLines } from "./table.ts";
export type {
  FeatureLists,
  YangCompileOptions,
  YangConvertOptions,
  YangPrograms,
  YangTreeOptions,
  YangValidateOptions,
} from "./yang.ts";
export { CBOR_FORMS, type CborForm, type DataForm } from "./yang-forms.ts";
