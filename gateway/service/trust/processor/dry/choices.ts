/** Questions that only the node can answer, answered one way per course of events, until every way was tried. */

export interface Choice {
  readonly question: string;
  readonly answer: boolean;
}

export const MAX_COURSES = 64;
/** When so many were run no further course begins: a manifest may be long or may branch, but not both without end. */
export const MAX_STEPS = 8192;

/** The answers of one course: those that were given before it, then yes. */
export class Choices {
  readonly #given: readonly boolean[];
  readonly taken: Choice[] = [];

  constructor(given: readonly boolean[]) {
    this.#given = given;
  }

  choose(question: string): boolean {
    const answer = this.#given[this.taken.length] ?? true;
    this.taken.push({ question, answer });
    return answer;
  }

  /** Courses not yet tried that begin as this one did: each turns one free answer to no. */
  others(): ReadonlyArray<readonly boolean[]> {
    const answers = this.taken.map(({ answer }) => answer);
    return answers.flatMap((_answer, position) =>
      position < this.#given.length ? [] : [[...answers.slice(0, position), false]],
    );
  }
}

/** Runs every course there is, the one with yes to everything first; `complete` is false when there are too many. */
export function explore<C>(run: (choices: Choices) => { readonly course: C; readonly steps: number }): {
  readonly courses: readonly C[];
  readonly complete: boolean;
} {
  const courses: C[] = [];
  let left = MAX_STEPS;
  const waiting: Array<readonly boolean[]> = [[]];
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    if (courses.length === MAX_COURSES || left <= 0) return { courses, complete: false };
    const choices = new Choices(next);
    const { course, steps } = run(choices);
    courses.push(course);
    left -= steps;
    waiting.push(...choices.others());
  }
  return { courses, complete: true };
}
