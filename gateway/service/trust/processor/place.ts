/** Places in a manifest for people: "install, step 4", or "install, step 2, alternative 1, step 3". */
import { type Command, SEQUENCES, type Sequence } from "../../../wire/suit/index.ts";
import { type Program, SHARED_SECTION, sectionName, sectionOf } from "./program.ts";

/** A command, and what leads to it: in words, and as the sequences that it stands in, the outermost first. */
export interface Found {
  readonly command: Command;
  readonly path: string;
  readonly within: readonly Sequence[];
}

/** undefined = no command stands at that byte of the section. */
export function findCommand(sequence: Sequence, offset: number, path = ""): Found | undefined {
  const { commands } = sequence;
  for (const [position, command] of commands.entries()) {
    const here = `${path}, step ${position + 1}`;
    if (command.offset === offset) return { command, path: here, within: [sequence] };
    for (const [name, inner] of insideOf(command)) {
      const found = findCommand(inner, offset, `${here}${name}`);
      if (found !== undefined) return { ...found, within: [sequence, ...found.within] };
    }
  }
  return undefined;
}

/** The sequences in a command, each with what to call it. */
export function insideOf({ argument }: Command): ReadonlyArray<readonly [name: string, sequence: Sequence]> {
  if (argument.kind === "sequence") return [["", argument.sequence]];
  if (argument.kind !== "try-each") return [];
  return argument.arms.flatMap((arm, position) =>
    arm === undefined ? [] : [[`, alternative ${position + 1}`, arm] as const],
  );
}

/** Severed ones too. */
const hasSection = ({ manifest }: Program, section: number): boolean =>
  section === SHARED_SECTION || [...manifest.sequences.keys()].some((name) => SEQUENCES[name] === section);

/** Byte 0 is the sequence as a whole; undefined = no command stands there. */
export function placeText(
  program: Program,
  manifestId: readonly number[],
  section: number,
  offset: number,
): string | undefined {
  const name = `${manifestId.map((index) => `dependency ${index}, `).join("")}${sectionName(section)}`;
  if (offset === 0 && hasSection(program, section)) return name;
  const sequence = sectionOf(program, section);
  const found = sequence && findCommand(sequence, offset);
  return found && `${name}${found.path}`;
}
