import { expect, test } from "vitest";
import { lacks, session } from "../src/api/session";
import type { Session } from "../src/api/types";

test.each([
  [null, undefined],
  [{ name: null, scopes: [], needsKey: false }, undefined],
  [{ name: "olga", scopes: ["read", "operate"], needsKey: true }, undefined],
  [{ name: "olga", scopes: ["read"], needsKey: false }, "Needs a key with the scope operate"],
  [{ name: "olga", scopes: ["read"] }, "Needs a key with the scope operate"],
])("what %j may do", (who, said) => {
  session.value = who as Session | null;
  expect(lacks("operate")).toBe(said);
});
