import { get } from "./client";
import { Problem } from "./problem";

/** Throws a problem about the name if the path already exists: a PUT would replace it. `page` is where the console shows it. */
export async function requireFree(path: string, kind: string, page?: string): Promise<void> {
  const isTaken = await get(path).then(() => true, (thrown: unknown) => {
    if (thrown instanceof Problem && thrown.status === 404)
      return false;
    throw thrown;
  });
  if (isTaken)
    throw new Problem(409, "name-taken", "This name is taken", "Nothing was stored. Choose another name.", null, { name: [`belongs to another ${kind}.`] }, page);
}
