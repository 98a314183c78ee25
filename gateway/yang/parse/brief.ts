/** Text of a source as findings quote it: an argument may be as long as a file. */
const MOST = 80;

export const brief = (text: string, most = MOST): string => (text.length > most ? `${text.slice(0, most - 1)}…` : text);

/** What a sentence quotes, made brief. */
export const withBriefQuotes = (sentence: string): string =>
  sentence.replace(/'([^']*)'/g, (_quoted, text: string) => `'${brief(text)}'`);
