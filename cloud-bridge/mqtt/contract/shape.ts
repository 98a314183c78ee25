/**
 * docs/mqtt.md, "Every member" — what a message is made of, as data: the types of the renderers, the JSON Schemas, the AsyncAPI
 * document, sidgate-mqtt.d.ts and the tables of docs/mqtt.md all follow from it. Nothing is checked when a message is rendered:
 * the compiler has done it.
 */
import type { Json, JsonObject } from "../../../gateway/yang/api.ts";

/** JSON with members that may be left out: undefined ones are not written. */
export interface Members {
  readonly [member: string]: Member;
}
type Member = Json | Members | readonly Member[] | undefined;

declare const MEANS: unique symbol;

/** `T` is what it says in TypeScript; it exists for the compiler only. */
export interface Shape<out T = unknown> {
  readonly form: Form;
  readonly [MEANS]?: T;
}

export type Form =
  | {
      readonly kind: "plain";
      readonly schema: JsonObject;
      readonly typescript: string;
      /** What it is called in a table for people. */
      readonly word: string;
    }
  | { readonly kind: "list"; readonly of: Shape; readonly length?: number }
  | { readonly kind: "either"; readonly of: readonly Shape[] }
  | { readonly kind: "object"; readonly members: MemberRows; readonly others?: Others };

/** Members whose names are data, such as those of a map. */
interface Others {
  readonly name: string;
  readonly shape: Shape;
  readonly text: string;
}

export interface MemberRow<T = unknown, Always extends boolean = boolean> {
  readonly shape: Shape<T>;
  readonly always: Always;
  readonly text: string;
}
export type MemberRows = Readonly<Record<string, MemberRow>>;

/** What a shape says in TypeScript. */
export type Said<S> = S extends Shape<infer T> ? T : never;

type Always<M extends MemberRows> = { [K in keyof M]: M[K]["always"] extends true ? K : never }[keyof M];
/** Left out and undefined are one thing: JSON.stringify writes neither. */
export type SaidBy<M extends MemberRows> = Flat<
  { readonly [K in Always<M>]: Said<M[K]["shape"]> } & {
    readonly [K in Exclude<keyof M, Always<M>>]?: Said<M[K]["shape"]> | undefined;
  }
>;
type Flat<T> = { [K in keyof T]: T[K] };

/** A member that every such message has. */
export const must = <T>(shape: Shape<T>, text: string): MemberRow<T, true> => ({ shape, always: true, text });
/** A member that is left out where it has nothing to say. */
export const may = <T>(shape: Shape<T>, text: string): MemberRow<T, false> => ({ shape, always: false, text });

export const plain = <T>(schema: JsonObject, typescript: string, word: string): Shape<T> => ({
  form: { kind: "plain", schema, typescript, word },
});

/** One of these words, and no others within version 1 of the contract. */
export const oneOf = <const W extends string>(...words: readonly W[]): Shape<W> =>
  plain(
    { type: "string", enum: words },
    words.map((word) => JSON.stringify(word)).join(" | "),
    words.map((word) => `\`${word}\``).join(", "),
  );

export const exactly = <const W extends string>(word: W): Shape<W> =>
  plain({ const: word }, JSON.stringify(word), `\`${word}\``);

export const list = <T>(of: Shape<T>): Shape<readonly T[]> => ({ form: { kind: "list", of } });
export const pair = <T>(of: Shape<T>): Shape<readonly [T, T]> => ({ form: { kind: "list", of, length: 2 } });

export const either = <const S extends readonly Shape[]>(...of: S): Shape<Said<S[number]>> => ({
  form: { kind: "either", of },
});

export const object = <M extends MemberRows>(members: M): Shape<SaidBy<M>> => ({ form: { kind: "object", members } });

/** An object with members whose names are data. */
export const map = <T>(name: string, shape: Shape<T>, text: string): Shape<{ readonly [name: string]: T }> => ({
  form: { kind: "object", members: {}, others: { name, shape, text } },
});

/** `members` and, beside them, some whose names are data. */
export const open = <M extends MemberRows, T>(
  members: M,
  name: string,
  shape: Shape<T>,
  text: string,
): Shape<SaidBy<M> & { readonly [name: string]: T | SaidBy<M>[keyof SaidBy<M>] }> => ({
  form: { kind: "object", members, others: { name, shape, text } },
});
