/** Which algorithm an author gets who names none. */
import { TrustError } from "../../../base/index.ts";
import { ALGORITHMS, type Algorithm, algorithmById } from "../algorithms.ts";
import { unmakeable } from "../label-map.ts";
import { type CoseKey, describeKey, type KeyOperation, refusal } from "./key.ts";

/** The algorithm asked for, else the key's own, else the first of the table that fits the key. */
export function chooseAlgorithm(
  key: CoseKey,
  id: number | undefined,
  kinds: ReadonlyArray<Algorithm["kind"]>,
  operation: KeyOperation,
): Algorithm {
  const row =
    id === undefined
      ? (key.algorithm ??
        ALGORITHMS.find(
          (one) => kinds.includes(one.kind) && one.deprecated !== true && refusal(key, one, operation) === undefined,
        ))
      : algorithmById(id);
  if (row === undefined) throw unmakeable(`${describeKey(key)} is for no algorithm that could '${operation}'`);
  const reason = refusal(key, row, operation);
  if (reason !== undefined) throw new TrustError("cose.key", { purpose: `'${operation}' with ${row.name}`, reason });
  return row;
}
