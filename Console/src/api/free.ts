import { get } from "./client";
import { Problem } from "./problem";

/** Throws a problem about the name if an address has something already, which a PUT would replace; `page` shows what is there. */
export async function requireFree(path: string, kind: string, page?: string): Promise<void> {
  const isTaken = await get(path).then(() => true, (thrown: unknown) => {
    if (thrown instanceof Problem && thrown.status === 404)
      return false;
    throw thrown;
  });
  if (isTaken)
    throw new Problem(409, "name-taken", "This name is taken", "Nothing was stored. Choose another name.", null, { name: [`belongs to another ${kind}.`] }, page);
}
