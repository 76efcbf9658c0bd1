import { expect, test } from "vitest";
import { type ExactNumber, jsonOf, parseJson } from "../src/api/json";
import { number, text } from "../src/format/spec";

test.each([
  "9007199254740993", "-12345678901234567890", "1e400", "0.12345678901234567890123",
  "[1,9007199254740993,\"9007199254740993\",{\"a\":12345678901234567890,\"b\":[null,true]}]",
  "{\"text\":\"9007199254740993 \\\" 12345678901234567890\",\"n\":36893488147419103232}",
])("%s is written as it was read", (text) => {
  expect(jsonOf(parseJson(text))).toBe(text);
});

test.each(["9007199254740991", "-0", "1.5", "0.1", "1e21", "123456789012345", "{\"a\":[1,2,{\"b\":\"c\"}]}", "null", "\"x\""])("%s is what JSON.parse makes of it", (text) => {
  expect(parseJson(text)).toEqual(JSON.parse(text));
});

test.each(["01234567890123456789", "{\"a\":1234567890123456789.}", "12345678901234567890e", "-", "{a:12345678901234567890}"])("%s is refused", (text) => {
  expect(() => parseJson(text)).toThrow(SyntaxError);
});

test("an integer that is typed keeps its digits", () => {
  expect(jsonOf({ from: number("9007199254740993"), to: number("17") })).toBe("{\"from\":9007199254740993,\"to\":17}");
  expect(text(number("9007199254740993"))).toBe("9007199254740993");
});

test("an exact number is shown by its digits", () => {
  expect(String((parseJson("{\"sum\":12354686100489308883}") as { sum: ExactNumber }).sum)).toBe("12354686100489308883");
});
