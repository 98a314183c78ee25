/**
 * Suffix array by induced sorting (SA-IS; Nong, Zhang, Chan: "Two Efficient Algorithms for Linear Time Suffix Array
 * Construction"): linear time and memory whatever the bytes are, as flash is full of equal ones.
 */

/** The starts of all suffixes, in the order of the suffixes. */
export function suffixArray(bytes: Uint8Array): Int32Array {
  return sort(bytes, 256);
}

type Text = Uint8Array | Int32Array;

function sort(text: Text, letters: number): Int32Array {
  const n = text.length;
  const order = new Int32Array(n);
  if (n < 2) return order;
  const isSmall = smallOnes(text);
  const starts = bucketStarts(text, letters);
  const marks = leftmostSmall(isSmall);
  induce(text, { order, isSmall, starts }, marks);
  if (marks.length < 2) return order;
  const { names, count } = nameMarks(text, { order, marks, isSmall });
  const inOrder = count === marks.length ? placed(names) : sort(names, count);
  induce(
    text,
    { order, isSmall, starts },
    inOrder.map((mark) => marks[mark] ?? 0),
  );
  return order;
}

/** Is the suffix smaller than the one that begins a letter later? */
function smallOnes(text: Text): Uint8Array {
  const isSmall = new Uint8Array(text.length);
  for (let at = text.length - 2; at >= 0; at--) {
    const [here, next] = [text[at] ?? 0, text[at + 1] ?? 0];
    isSmall[at] = here < next || (here === next && isSmall[at + 1] === 1) ? 1 : 0;
  }
  return isSmall;
}

/** Where the suffixes of each letter begin; one entry more says where the last end. */
function bucketStarts(text: Text, letters: number): Int32Array {
  const starts = new Int32Array(letters + 1);
  for (const letter of text) starts[letter + 1] = (starts[letter + 1] ?? 0) + 1;
  for (let letter = 0; letter < letters; letter++)
    starts[letter + 1] = (starts[letter + 1] ?? 0) + (starts[letter] ?? 0);
  return starts;
}

/** Places of the small suffixes behind a larger one, in the order of the text. */
function leftmostSmall(isSmall: Uint8Array): Int32Array {
  const marks = new Int32Array(isSmall.length >> 1);
  let count = 0;
  for (let at = 1; at < isSmall.length; at++) {
    if (isSmall[at] === 1 && isSmall[at - 1] === 0) marks[count++] = at;
  }
  return marks.subarray(0, count);
}

interface Buckets {
  readonly order: Int32Array;
  readonly isSmall: Uint8Array;
  readonly starts: Int32Array;
}

/** From the order of the marks follows that of the large suffixes, and from theirs that of the small ones. */
function induce(text: Text, { order, isSmall, starts }: Buckets, marks: Int32Array): void {
  const n = text.length;
  order.fill(-1);
  const ends = starts.slice(1);
  for (let at = marks.length - 1; at >= 0; at--) {
    const mark = marks[at]!;
    order[--ends[text[mark]!]!] = mark;
  }
  const fronts = starts.slice();
  // The last suffix is followed by the end of the text, which is less than all.
  order[fronts[text[n - 1]!]!++] = n - 1;
  for (let at = 0; at < n; at++) {
    const before = order[at]! - 1;
    if (before >= 0 && isSmall[before] === 0) order[fronts[text[before]!]!++] = before;
  }
  ends.set(starts.subarray(1));
  for (let at = n - 1; at >= 0; at--) {
    const before = order[at]! - 1;
    if (before >= 0 && isSmall[before] === 1) order[--ends[text[before]!]!] = before;
  }
}

/** Numbers the marks by what stands from each to the next, in order; equal ones get the same number. */
function nameMarks(
  text: Text,
  { order, marks, isSmall }: { order: Int32Array; marks: Int32Array; isSmall: Uint8Array },
): { readonly names: Int32Array; readonly count: number } {
  const numberOf = new Int32Array(text.length).fill(-1);
  marks.forEach((mark, number) => {
    numberOf[mark] = number;
  });
  const endOf = (number: number): number => marks[number + 1] ?? text.length;
  const names = new Int32Array(marks.length);
  let name = -1;
  let last = -1;
  for (const suffix of order) {
    const number = numberOf[suffix] ?? -1;
    if (number < 0) continue;
    const isEqual = last >= 0 && samePiece(text, isSmall, [marks[last]!, endOf(last)], [suffix, endOf(number)]);
    if (!isEqual) name++;
    names[number] = name;
    last = number;
  }
  return { names, count: name + 1 };
}

type Piece = readonly [from: number, to: number];

/** The letter at `to` belongs to a piece; a piece that ends with the text equals no other. */
function samePiece(text: Text, isSmall: Uint8Array, [a, aEnd]: Piece, [b, bEnd]: Piece): boolean {
  if (aEnd - a !== bEnd - b || aEnd === text.length || bEnd === text.length) return false;
  for (let at = 0; at <= aEnd - a; at++) {
    if (text[a + at] !== text[b + at] || isSmall[a + at] !== isSmall[b + at]) return false;
  }
  return true;
}

/** Names that are all different are places already. */
function placed(names: Int32Array): Int32Array {
  const order = new Int32Array(names.length);
  names.forEach((name, at) => {
    order[name] = at;
  });
  return order;
}
