// Rewrites what the converter to OpenAPI 3.0 leaves as it is and the generator cannot read: node prepare.mjs FROM TO
import { readFileSync, writeFileSync } from "node:fs";

function prepare(node) {
  if (Array.isArray(node)) return node.map(prepare);
  if (node === null || typeof node !== "object") return node;
  const { oneOf, anyOf, ...rest } = Object.fromEntries(Object.entries(node).map(([name, value]) => [name, prepare(value)]));
  // The generated client cannot read files.
  if (rest.format === "binary") delete rest.format;
  // Something or null; otherwise any value.
  const others = (oneOf ?? []).filter((one) => one.type !== "null");
  return others.length === 1 ? { ...rest, allOf: others, nullable: true } : rest;
}

const document = prepare(JSON.parse(readFileSync(process.argv[2], "utf8")));
// The generator knows one answer to a success: not that of a dry run.
for (const { responses } of Object.values(document.paths).flatMap(Object.values)) if ("202" in responses) delete responses["200"];
writeFileSync(process.argv[3], JSON.stringify(document));
