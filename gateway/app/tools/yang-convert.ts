/** `sidgate yang encode`, `sidgate yang decode` and `sidgate decode`: data from one form into another. */
import {
  CBOR_FORMS,
  type CborForm,
  EXIT,
  printableJson,
  printableLines,
  type YangConvertOptions,
} from "../../admin/cli/index.ts";
import { toHex, UsageError } from "../../base/index.ts";
import { annotate, type Schema } from "../../yang/index.ts";
import {
  type Content,
  contentFromJson,
  contentToJson,
  guessForm,
  readContent,
  usualForm,
  writeContent,
} from "./content.ts";
import { asText, looksLikeJson, nameOf, readBytes, readCbor } from "./input.ts";
import { parseJson } from "./json-text.ts";
import { schemaForPeople } from "./schema-for-people.ts";
import type { ToolIo } from "./tool-io.ts";

/** What is wrong with bytes that are to be explained is part of the explanation, and of the exit code. */
export async function convert(options: YangConvertOptions, io: ToolIo): Promise<number> {
  const { input, from, to, binary, models } = options;
  if (from !== "json") {
    const bytes = await readCbor(input, io);
    if (from === undefined && looksLikeJson(bytes)) {
      throw new UsageError("cli.usage", { what: `${nameOf(input)} is JSON, which 'sidgate yang encode' reads` });
    }
    const schema = await schemaForPeople(models, io.note);
    const form = from ?? guessForm(bytes, nameOf(input), schema);
    if (to === "diag") return explain(bytes, form, schema, io);
    say(readContent(bytes, form, schema), to, binary, schema, io);
    return EXIT.ok;
  }
  const json = parseJson(asText(await readBytes(input, io), nameOf(input)), nameOf(input));
  const schema = await schemaForPeople(models, io.note);
  const content = contentFromJson(json, to === "diag" || to === "json" ? undefined : to, schema);
  if (to !== "diag") {
    say(content, to, binary, schema, io);
    return EXIT.ok;
  }
  const form = usualForm(content);
  return explain(writeContent(content, form, schema), form, schema, io);
}

type Target = CborForm | "json" | undefined;

function say(content: Content, to: Target, binary: boolean, schema: Schema, io: ToolIo): void {
  if (to === "json") {
    io.print(printableJson(contentToJson(content, schema), 2));
    return;
  }
  const bytes = writeContent(content, to ?? usualForm(content), schema);
  if (binary) io.write(bytes);
  else io.print(toHex(bytes));
}

function explain(bytes: Uint8Array, form: CborForm, schema: Schema, io: ToolIo): number {
  const { text, broken } = annotate(bytes, schema, CBOR_FORMS[form].contentFormat);
  io.print(printableLines(text));
  return broken === undefined ? EXIT.ok : EXIT.failed;
}
