import { afterEach, expect, test, vi } from "vitest";
import { copyText } from "../src/ui/copy";

afterEach(() => void vi.unstubAllGlobals());

/** A page that notes where the text to copy was put, and what was selected; `clipboard` is what the browser offers. */
function page(clipboard: object | undefined, dialogs: object[] = []): { places: string[]; selected: string[]; allowed: boolean; focused: number } {
  const seen = { places: [] as string[], selected: [] as string[], allowed: true, focused: 0 };
  const field: { value: string; [more: string]: unknown } = { value: "", style: {}, select: () => seen.selected.push(field.value), remove: () => seen.places.push("removed") };
  const placeOf = (name: string) => ({ append: () => seen.places.push(name) });
  vi.stubGlobal("navigator", { clipboard });
  vi.stubGlobal("document", {
    createElement: () => field, body: placeOf("body"), querySelectorAll: () => dialogs.map((_, i) => placeOf(`dialog ${i}`)), activeElement: { focus: () => seen.focused++ },
    execCommand: () => seen.allowed,
  });
  return seen;
}

test("a text is copied by the clipboard where there is one", async () => {
  const writeText = vi.fn(async () => {});
  const seen = page({ writeText });
  expect(await copyText("otask task list")).toBe(true);
  expect(writeText).toHaveBeenCalledWith("otask task list");
  expect(seen.selected).toEqual([]);
});

test("without a clipboard, as over plain HTTP, the text is selected and copied", async () => {
  const seen = page(undefined);
  expect(await copyText("otk_secret")).toBe(true);
  expect(seen).toMatchObject({ selected: ["otk_secret"], places: ["body", "removed"], focused: 1 });
});

test("in a dialog the text is put into the dialog, outside of which nothing can be selected", async () => {
  const seen = page(undefined, [{}, {}]);
  expect(await copyText("x")).toBe(true);
  expect(seen.places).toEqual(["dialog 1", "removed"]);
});

test("a browser that allows neither is told of", async () => {
  const seen = page({ writeText: async () => { throw new DOMException("", "NotAllowedError"); } });
  seen.allowed = false;
  expect(await copyText("x")).toBe(false);
});
