/** In which groups a trial rolls out, as arguments of `campaign.create`. */

export interface WaveArguments {
  readonly groups?: ReadonlyArray<{ readonly name: string; readonly size: string }>;
  readonly attempts: number;
}

/** From so many nodes on nobody would update all of them at once. */
const LARGE = 100;
const USUAL: readonly number[] = [5, 25];
/** A failure may be bad luck once. */
const ATTEMPTS = 2;

const NAMES = ["canary", "early"];

/** `waves`: shares in percent of the groups before the last one, which has the rest. */
export function waveArguments(nodes: number, waves: readonly number[] | undefined): WaveArguments {
  const shares = waves ?? (nodes >= LARGE ? USUAL : []);
  if (shares.length === 0) return { attempts: ATTEMPTS };
  const before = shares.map((share, index) => ({ name: NAMES[index] ?? `wave ${index + 1}`, size: `${share}%` }));
  return { groups: [...before, { name: "rest", size: "rest" }], attempts: ATTEMPTS };
}
