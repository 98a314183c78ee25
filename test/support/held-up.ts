/** How long others have to wait while something is computed: in CPU time, which a busy machine does not stretch. */

/** `stop` tells the turns of the event loop since, and the CPU time of the longest one, in milliseconds. */
export function watchTurns(): { stop(): { readonly turns: number; readonly longest: number } } {
  let [turns, longest] = [0, 0];
  let before = process.cpuUsage();
  const look = (): void => {
    const { user, system } = process.cpuUsage(before);
    longest = Math.max(longest, (user + system) / 1000);
    before = process.cpuUsage();
  };
  let next = setImmediate(turn);
  function turn(): void {
    look();
    turns += 1;
    next = setImmediate(turn);
  }
  return {
    stop: () => {
      clearImmediate(next);
      look();
      return { turns, longest };
    },
  };
}
