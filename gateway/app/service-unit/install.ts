/** `sidgate service install`: the unit under which systemd runs a program of ours, and the account that it runs as. */
import { access, mkdir } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { EXIT, type ServiceInstallOptions } from "../../admin/cli/index.ts";
import { writeWhole } from "../tools/sid-files.ts";
import { packageFolder } from "../version.ts";
import { SYSUSERS, systemdUnit, unitName } from "./unit.ts";

/** Throws UsageError `cli.file-write`. */
export async function serviceInstall(
  { program, config, root, print: onlyShown }: ServiceInstallOptions,
  print: (text: string) => void,
): Promise<number> {
  const script = join(packageFolder(), "bin", "sidgate.js");
  const text = systemdUnit({ program, node: process.execPath, script, config: resolve(config) });
  if (onlyShown) {
    print(text.trimEnd());
    return EXIT.ok;
  }
  const name = unitName(program);
  const unit = join(root, "etc/systemd/system", `${name}.service`);
  const account = join(root, "usr/lib/sysusers.d/sidgate.conf");
  await writeInto(account, SYSUSERS);
  await writeInto(unit, text); // over a former one: it is made of these options alone
  const configured = await access(config).then(
    () => true,
    () => false,
  );
  print(
    [
      `Wrote ${unit} and ${account}.`,
      ...(configured ? [] : [`There is no ${config} yet: 'sidgate config show' prints every setting to begin with.`]),
      "Now:",
      "  sudo systemd-sysusers",
      "  sudo systemctl daemon-reload",
      `  sudo systemctl enable --now ${name}`,
      `  sudo systemctl status ${name}   # and: journalctl -fu ${name}`,
    ].join("\n"),
  );
  return EXIT.ok;
}

async function writeInto(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true }).catch(() => undefined); // the writing says what is wrong
  await writeWhole(path, text);
}
