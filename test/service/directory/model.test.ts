/** Random registrations, updates, removals, pauses and restarts against a directory that is just a list. */
import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { seconds } from "../../../gateway/base/index.ts";
import { GRACE, idOf } from "../../../gateway/service/directory/index.ts";
import { type DirectorySite, HOST_1, HOST_2, links, openDirectory, textOf } from "../../support/directory.ts";
import { inDrill } from "../../support/drill.ts";

interface Entry {
  readonly owner: number;
  readonly lifetime: number;
  readonly ends: number;
  readonly path: string;
}

const HOSTS = [HOST_1, HOST_2];
const NAMES = ["a", "b", "c"];

const name = fc.constantFrom(...NAMES);
const owner = fc.constantFrom(0, 1);
const lifetime = fc.integer({ min: 1, max: 400 });
const action = fc.oneof(
  fc.record({ kind: fc.constant("register" as const), name, owner, lifetime, path: fc.constantFrom("x", "y") }),
  fc.record({ kind: fc.constant("update" as const), name, owner, lifetime: fc.option(lifetime) }),
  fc.record({ kind: fc.constant("remove" as const), name, owner }),
  fc.record({ kind: fc.constant("wait" as const), time: fc.integer({ min: 1, max: 300 }) }),
  fc.record({ kind: fc.constant("restart" as const), checkpoint: fc.boolean() }),
);
type Action = typeof action extends fc.Arbitrary<infer T> ? T : never;

/** Answers as the directory should. */
class Model {
  readonly entries = new Map<string, Entry>();
  now = 0;

  answer(step: Exclude<Action, { kind: "wait" | "restart" }>): string {
    const known = this.entries.get(step.name);
    const entry = known !== undefined && this.now < known.ends + GRACE / 1000 ? known : undefined;
    if (step.kind !== "register" && entry === undefined) return "4.04";
    if (entry !== undefined && entry.owner !== step.owner) return "4.03";
    if (step.kind === "remove") {
      this.entries.delete(step.name);
      return "2.02";
    }
    const lifetime = step.lifetime ?? entry?.lifetime ?? 0;
    const path = step.kind === "register" ? step.path : (entry?.path ?? "");
    this.entries.set(step.name, { owner: step.owner, lifetime, ends: this.now + lifetime, path });
    return step.kind === "register" ? "2.01" : "2.04";
  }

  resources(): string {
    return [...this.entries]
      .filter(([, { ends }]) => this.now < ends)
      .map(([key, { path }]) => `<coap://${key}/${path}>`)
      .sort()
      .join(",");
  }
}

const ask = (
  site: DirectorySite,
  step: Exclude<Action, { kind: "wait" | "restart" }>,
): Promise<{ readonly code: string }> => {
  const from = HOSTS[step.owner] ?? HOST_1;
  const location = `rd/${idOf(step.name, undefined)}`;
  switch (step.kind) {
    case "register":
      return site.ask("POST", `rd?ep=${step.name}&lt=${step.lifetime}&base=coap://${step.name}`, {
        ...links(`</${step.path}>`),
        from,
      });
    case "update":
      return site.ask("POST", `${location}${step.lifetime === null ? "" : `?lt=${step.lifetime}`}`, { from });
    case "remove":
      return site.ask("DELETE", location, { from });
  }
};

test("answers and lookups are those of the list", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(action, { maxLength: 25 }), async (steps) => {
      const model = new Model();
      let site = await openDirectory();
      for (const step of steps) {
        if (step.kind === "wait") {
          await site.clock.advance(seconds(step.time));
          model.now += step.time;
        } else if (step.kind === "restart") {
          if (step.checkpoint) await site.ledger.checkpoint();
          site.kill();
          site = await openDirectory({ on: site });
        } else {
          expect((await ask(site, step)).code).toBe(model.answer(step));
        }
        const text = textOf(await site.ask("GET", "rd-lookup/res"));
        expect(text.split(",").sort().join(",")).toBe(model.resources());
      }
      site.kill();
    }),
    { numRuns: inDrill(50, 150) },
  );
});
