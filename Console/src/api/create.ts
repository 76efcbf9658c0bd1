import { call } from "./client";
import { parseJson } from "./json";
import { Problem } from "./problem";

const taken = (kind: string, page?: string): Problem =>
  new Problem(409, "name-taken", "This name is taken", "Nothing was stored. Choose another name.", null, { name: [`belongs to another ${kind}.`] }, page);

/** Stores something new. If the name is taken, throws a problem about the name and replaces nothing. `page` is where the console shows what has it. */
export async function create<T>(path: string, body: unknown, kind: string, page?: string): Promise<T> {
  try {
    const response = await call("PUT", path, { body, headers: { "if-none-match": "*" } });
    return parseJson(await response.text()) as T;
  } catch (thrown) {
    throw thrown instanceof Problem && thrown.code === "already-exists" ? taken(kind, page) : thrown;
  }
}
