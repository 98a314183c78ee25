/** What we use of yang-js 0.24.63; its own typings cover little else than eval. */
declare module "yang-js" {
  /** A statement. Each is made by `parse`, which takes its substatements in one by one through `merge`. */
  export default class Yang {
    static parse<T extends Yang>(this: new () => T, schema: string, options?: { readonly compile?: boolean }): T;
    /** The raw argument. */
    readonly tag: string | undefined;
    /** Which substatements may stand here, and how often. */
    get scope(): Readonly<Record<string, string>> | undefined;
    merge(substatement: Yang): Yang;
    compile(): this;
    emit(event: string, ...facts: readonly unknown[]): void;
  }
}
