import { useEffect, useRef, useState } from "preact/hooks";
import { call, get, pathOf } from "../api/client";
import { Problem } from "../api/problem";
import type { OutputMatches } from "../api/types";
import { count, plural } from "../format/numbers";
import { Button, ProblemBox, Text } from "../ui/parts";

const most = 200;
/** So many lines before and after a match, from at most so many bytes. */
const around = 4;
const aroundBytes = 4_096;

type Match = OutputMatches["matches"][number];

/** Finds lines in the whole output, what is not loaded included: the gateway searches, in steps. */
export function LogSearch({ id, attempt, find, stream }: { id: string; attempt: number; find: string; stream: string }) {
  const [found, setFound] = useState<OutputMatches | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [open, setOpen] = useState<Match | null>(null);
  const asking = useRef<AbortController | null>(null);
  const search = async (known: OutputMatches | null) => {
    asking.current?.abort();
    const { signal } = asking.current = new AbortController();
    try {
      const asked = { q: find, ignoreCase: "true", stream: stream === "both" ? null : stream, limit: most, from: known?.next ?? null };
      const next = await get<OutputMatches>(pathOf(`/tasks/${id}/attempts/${attempt}/output/search`, asked), signal);
      // The answer about another text or attempt may come late.
      if (signal.aborted)
        return;
      setProblem(null);
      setFound({ ...next, matches: [...(known?.matches ?? []), ...next.matches] });
    } catch (thrown) {
      if (!signal.aborted)
        setProblem(Problem.from(thrown));
    }
  };
  useEffect(() => {
    setFound(null);
    setProblem(null);
    setOpen(null);
    const timer = setTimeout(() => void search(null), 400);
    return () => { clearTimeout(timer); asking.current?.abort(); };
  }, [id, attempt, find, stream]);
  return (
    <div class="log-note" role="status">
      {problem && <ProblemBox problem={problem} retry={() => void search(found)} />}
      {found ? <>{plural(found.matches.length, "line")} in the whole output{found.complete ? "" : " so far"}. {found.matches.length > 0 && "Select one to see the lines around it."} </> : !problem && "Searching the whole output…"}
      {found && !found.complete && <Button icon="search" onClick={() => search(found)}>Search on</Button>}
      {found && found.matches.length > 0 && <ol class="log-found">{found.matches.map((match) =>
        <li key={`${match.stream} ${match.line}`}><button type="button" aria-expanded={open === match} onClick={() => setOpen(open === match ? null : match)}>
          <span class="soft">{match.stream} {count(match.line)}</span> <code><Text>{match.text}</Text></code></button>
          {open === match && <Around path={`/tasks/${id}/attempts/${attempt}/output/${match.stream}`} match={match} />}</li>)}</ol>}
    </div>
  );
}

/** The lines before and after a match. */
function Around({ path, match }: { path: string; match: Match }) {
  const [lines, setLines] = useState<{ before: string[]; at: string; after: string[] } | null>(null);
  useEffect(() => {
    void read(path, match).then(setLines, () => setLines({ before: [], at: match.text, after: [] }));
  }, [path, match]);
  return lines && <pre><Text>{lines.before.map((line) => `${line}\n`).join("")}</Text><b><Text>{lines.at}</Text></b>{"\n"}<Text>{lines.after.join("\n")}</Text></pre>;
}

async function read(path: string, { offset }: Match): Promise<{ before: string[]; at: string; after: string[] }> {
  const from = Math.max(0, offset - aroundBytes);
  const answer = await call("GET", path, { accept: "*/*", headers: { range: `bytes=${from}-${offset + aroundBytes}` } });
  const bytes = new Uint8Array(await answer.arrayBuffer());
  const text = (part: Uint8Array) => new TextDecoder().decode(part).replace(/\u001b\[[0-9;:]*[A-Za-z]/g, "");
  const before = text(bytes.subarray(0, offset - from)).split("\n");
  const after = text(bytes.subarray(offset - from)).split("\n");
  // The first and the last line may be cut.
  return { before: before.slice(from > 0 ? 1 : 0, -1).slice(-around), at: before.at(-1)! + after[0]!, after: after.slice(1, -1).slice(0, around) };
}
