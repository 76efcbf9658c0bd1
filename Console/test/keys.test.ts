import { describe, expect, it } from "vitest";
import { endOf, isOver, typedFor } from "../src/format/keys";

const now = Date.parse("2026-11-05T09:30:00.000Z");

describe("keys", () => {
  it("expire after their term, or never", () => {
    expect(endOf(0, now)).toBeNull();
    expect(endOf(7, now)).toBe("2026-11-12T09:30:00.000Z");
  });

  it("are over from their expiry on", () => {
    expect(isOver({ expiresAt: null }, now)).toBe(false);
    expect(isOver({ expiresAt: "2026-11-05T09:30:00.001Z" }, now)).toBe(false);
    expect(isOver({ expiresAt: "2026-11-05T09:30:00.000Z" }, now)).toBe(true);
  });

  it("are revoked by a name that can be typed, else by the id", () => {
    expect(typedFor({ id: "key-1", name: "deploy 2" })).toBe("deploy 2");
    expect(typedFor({ id: "key-1", name: "" })).toBe("key-1");
    expect(typedFor({ id: "key-1", name: " ci" })).toBe("key-1");
    expect(typedFor({ id: "key-1", name: "c\u200bi" })).toBe("key-1");
  });
});
