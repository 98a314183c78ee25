/** Random XPath expressions of each type, over names that are given. */
import fc from "fast-check";

export interface Vocabulary {
  readonly names: readonly string[];
  readonly words: readonly string[];
}

export interface Expressions {
  readonly nodes: fc.Arbitrary<string>;
  readonly number: fc.Arbitrary<string>;
  readonly string: fc.Arbitrary<string>;
  readonly boolean: fc.Arbitrary<string>;
  readonly any: fc.Arbitrary<string>;
}

const AXES = [
  "parent",
  "self",
  "ancestor",
  "ancestor-or-self",
  "descendant",
  "descendant-or-self",
  "following-sibling",
  "preceding-sibling",
  "following",
  "preceding",
];

const call = (name: string, ...args: ReadonlyArray<fc.Arbitrary<string>>): fc.Arbitrary<string> =>
  fc.tuple(...args).map((texts) => `${name}(${texts.join(", ")})`);
const infix = (left: fc.Arbitrary<string>, signs: readonly string[], right: fc.Arbitrary<string>) =>
  fc.tuple(left, fc.constantFrom(...signs), right).map(([a, sign, b]) => `(${a} ${sign} ${b})`);

/** Functions that need a schema are left out; so are figures that engines print in different ways. */
export function arbitraryExpression({ names, words }: Vocabulary): Expressions {
  return fc.letrec<{ readonly [type in keyof Expressions]: string }>((tie) => {
    const [nodes, number, string, boolean] = [tie("nodes"), tie("number"), tie("string"), tie("boolean")];
    const some = { depthSize: "small", maxDepth: 4 } as const;
    const test = fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom(...names) },
      { weight: 2, arbitrary: fc.constant("*") },
      { weight: 1, arbitrary: fc.constantFrom("node()", "text()") },
    );
    const predicate = fc.oneof(
      some,
      fc.constantFrom(
        "1",
        "2",
        "last()",
        "position() = 2",
        "position() < last()",
        "position() mod 2 = 1",
        "last() - 1",
        ...names,
      ),
      fc.tuple(fc.constantFrom(...names), nodes).map(([name, other]) => `${name} = ${other}`),
      fc.tuple(fc.constantFrom(...names), fc.constantFrom(...words)).map(([name, word]) => `${name} = '${word}'`),
      boolean,
      number,
    );
    const filtered = (from: fc.Arbitrary<string>) =>
      fc
        .tuple(from, fc.array(predicate, { maxLength: 2, size: "-1" }))
        .map(([text, all]) => text + all.map((each) => `[${each}]`).join(""));
    const step = fc.oneof(
      { weight: 4, arbitrary: filtered(test) },
      { weight: 2, arbitrary: fc.constant("..") },
      { weight: 1, arbitrary: fc.constant(".") },
      {
        weight: 3,
        arbitrary: filtered(fc.tuple(fc.constantFrom(...AXES), test).map(([axis, each]) => `${axis}::${each}`)),
      },
    );
    const steps = fc
      .tuple(step, fc.array(fc.tuple(fc.constantFrom("/", "/", "/", "//"), step), { maxLength: 3 }))
      .map(([first, rest]) => first + rest.map(([slash, each]) => slash + each).join(""));
    return {
      any: fc.oneof(nodes, number, string, boolean),
      nodes: fc.oneof(
        some,
        steps,
        fc.tuple(fc.constantFrom("/", "//", "/r/", "/r/e/"), steps).map(([start, rest]) => start + rest),
        infix(nodes, ["|"], nodes),
        filtered(nodes.map((text) => `(${text})`)),
        fc.tuple(nodes, steps).map(([from, rest]) => `(${from})/${rest}`),
      ),
      number: fc.oneof(
        some,
        fc.constantFrom("0", "1", "2", "3", "0.5", "-1"),
        call("count", nodes),
        call("number", nodes),
        call("string-length", string),
        call("number", string),
        call("number", boolean),
        infix(number, ["+", "-"], number),
        infix(number, ["mod"], fc.constantFrom("2", "3", "-2")),
        infix(number, ["div"], fc.constantFrom("2", "-4")),
        infix(number, ["*"], fc.constantFrom("2", "-3")),
        call("sum", nodes),
        call("floor", number),
        call("ceiling", number),
        call("round", number),
      ),
      string: fc.oneof(
        some,
        fc.constantFrom(...words).map((word) => `'${word}'`),
        call("string", nodes),
        call("string", number),
        call("string", boolean),
        fc.constantFrom("string()", "local-name()", "normalize-space()"),
        call("local-name", nodes),
        call("concat", string, string),
        call("substring", string, fc.constantFrom("0", "1", "2", "1.5")),
        call("substring", string, fc.constantFrom("0", "1", "2"), fc.constantFrom("1", "2")),
        call("substring-before", string, string),
        call("substring-after", string, string),
        call("normalize-space", string),
        call("translate", string, string, string),
      ),
      boolean: fc.oneof(
        some,
        fc.constantFrom("true()", "false()"),
        call("boolean", nodes),
        call("not", nodes),
        call("not", boolean),
        call("contains", string, string),
        call("starts-with", string, string),
        infix(boolean, ["and", "or"], boolean),
        infix(nodes, ["=", "!=", "<", "<=", ">", ">="], fc.oneof(nodes, number, string, boolean)),
        infix(number, ["=", "!=", "<", ">="], fc.oneof(nodes, number, string)),
        infix(string, ["=", "!="], string),
      ),
    };
  });
}
