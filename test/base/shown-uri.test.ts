/** What of a URI may stand in logs and events. */
import { expect, test } from "@jest/globals";
import { shownUri } from "../../gateway/base/index.ts";

test.each([
  ["https://host/a.bin?token=s3cret", "https://host/a.bin?…"],
  ["https://host/a.bin?a=1?b=2\nc", "https://host/a.bin?…"],
  ["coap://[2001:db8::1]:5683/a/b", "coap://[2001:db8::1]:5683/a/b"],
  ["https://me:s3cret@host/a?x", "https://…@host/a?…"],
  ["https://host/a@b", "https://host/a@b"],
  ["/relative?sig=1", "/relative?…"],
  ["no URI?", "no URI?"],
])("%j is shown as %j", (uri, shown) => expect(shownUri(uri)).toBe(shown));
