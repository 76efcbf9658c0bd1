import type { InputFile } from "../api/types";

/** How a file is shown; nothing in it runs. */
export type Look = "text" | "table" | "picture" | "none";

const pictures = new Set(["png", "jpg", "jpeg", "gif", "webp"]);
const tables = new Set(["csv", "tsv", "ndjson", "jsonl"]);
const texts = new Set(["txt", "log", "md", "json", "xml", "yaml", "yml", "toml", "ini", "conf", "sh", "py", "cs", "sql", "html", "css", "js", "ts", "svg"]);

/** The extension of a path's last name, in lower case; empty if it has none. */
export function endingOf(path: string): string {
  const name = path.slice(path.lastIndexOf("/") + 1);
  const dot = name.lastIndexOf(".");
  return dot > 0 ? name.slice(dot + 1).toLowerCase() : "";
}

/** How to show a file: markup, scripts and files without an extension are shown as text. */
export function lookOf(path: string): Look {
  const ending = endingOf(path);
  return pictures.has(ending) ? "picture" : tables.has(ending) ? "table" : texts.has(ending) || ending === "" ? "text" : "none";
}

/** The address of a task's artifact; each segment of the path is escaped. */
export const artifactUrl = (task: string, path: string): string =>
  `/api/v1/tasks/${encodeURIComponent(task)}/artifacts/${path.split("/").map(encodeURIComponent).join("/")}`;

/** Whether bytes are text, which has no NUL. */
export const isText = (bytes: Uint8Array): boolean => !bytes.includes(0);

/** The rows of the table at the beginning of a file, the header first; null if the file is not a table. */
export function tableOf(path: string, text: string, isCut: boolean, most: number): string[][] | null {
  const ending = endingOf(path);
  const rows = ending === "csv" || ending === "tsv" ? separated(text, ending === "csv" ? "," : "\t", most + 2) : objects(text, isCut, most + 1);
  if (!rows || rows.length === 0)
    return null;
  // If the file is cut, its last row may be incomplete.
  const whole = isCut && rows.length <= most + 1 && rows.length > 1 ? rows.slice(0, -1) : rows;
  return whole.slice(0, most + 1);
}

// Fields in quotes may have separators, line breaks, and quotes that are written twice.
function separated(text: string, separator: string, most: number): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let field = "";
  let isQuoted = false;
  const end = () => { row.push(field); field = ""; };
  for (let i = text.charCodeAt(0) === 0xfeff ? 1 : 0; i < text.length && rows.length < most; i++) {
    const sign = text[i]!;
    if (isQuoted) {
      if (sign !== '"')
        field += sign;
      else if (text[i + 1] === '"')
        field += text[++i];
      else
        isQuoted = false;
    } else if (sign === '"' && field === "") {
      isQuoted = true;
    } else if (sign === separator) {
      end();
    } else if (sign === "\n" || sign === "\r") {
      if (sign === "\r" && text[i + 1] === "\n")
        i++;
      end();
      rows.push(row);
      row = [];
    } else {
      field += sign;
    }
  }
  if ((row.length > 0 || field !== "") && rows.length < most)
    rows.push([...row, field]);
  return rows;
}

// Lines of JSON as rows: a column for each name, in the order of first appearance. Null if a line is not an object.
function objects(text: string, isCut: boolean, most: number): string[][] | null {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  const columns = new Map<string, number>();
  const rows: string[][] = [];
  for (const [no, line] of lines.slice(0, most).entries()) {
    let found: unknown;
    try {
      found = JSON.parse(line);
    } catch {
      if (isCut && no === lines.length - 1)
        break;
      return null;
    }
    if (typeof found !== "object" || found === null || Array.isArray(found))
      return null;
    const row: string[] = [];
    for (const [name, value] of Object.entries(found)) {
      if (!columns.has(name))
        columns.set(name, columns.size);
      row[columns.get(name)!] = typeof value === "string" ? value : JSON.stringify(value);
    }
    rows.push(row);
  }
  return columns.size === 0 ? null : [[...columns.keys()], ...rows.map((row) => Array.from({ length: columns.size }, (_, i) => row[i] ?? ""))];
}

/** The files of a spec with another file, which replaces the file at the same path. */
export const withFile = (files: InputFile[], added: InputFile): InputFile[] => [...without(files, added.path), added];

/** The files of a spec without the one at a path. */
export const without = (files: InputFile[], path: string): InputFile[] => files.filter((one) => one.path !== path);

/** The files of a spec, with the executable flag of the file at a path flipped. */
export const toggled = (files: InputFile[], path: string): InputFile[] => files.map((one) => {
  const { executable, ...file } = one;
  return one.path !== path ? one : executable ? file : { ...file, executable: true };
});

/** A dropped file, with its path below what was dropped. */
export interface Dropped { path: string; file: File }

/** The files of what was dropped, also those in folders, up to a number of files. */
export async function droppedOf(data: DataTransfer, most = 1_000): Promise<Dropped[]> {
  const entries = [...data.items].map((item) => item.kind === "file" ? item.webkitGetAsEntry?.() ?? null : null).filter((entry) => entry !== null);
  if (entries.length === 0)
    return [...data.files].slice(0, most).map((file) => ({ path: file.name, file }));
  const found: Dropped[] = [];
  const walk = async (entry: FileSystemEntry): Promise<void> => {
    if (found.length >= most)
      return;
    if (entry.isFile) {
      const file = await new Promise<File>((done, fail) => (entry as FileSystemFileEntry).file(done, fail));
      found.push({ path: entry.fullPath.replace(/^\/+/, ""), file });
      return;
    }
    const reader = (entry as FileSystemDirectoryEntry).createReader();
    // A reader returns at most a hundred entries at a time.
    for (let part: FileSystemEntry[]; (part = await new Promise((done, fail) => reader.readEntries(done, fail))).length > 0;)
      for (const child of part)
        await walk(child);
  };
  for (const entry of entries)
    await walk(entry);
  return found;
}
