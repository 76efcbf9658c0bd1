import { useEffect, useState } from "preact/hooks";
import { get, pathOf } from "../api/client";
import { Problem } from "../api/problem";
import type { OutputMatches } from "../api/types";
import { plural } from "../format/numbers";
import { Button, ProblemBox, Text } from "../ui/parts";

const most = 200;

/** Finds lines in the whole output, what is not loaded included: the gateway searches, in steps. */
export function LogSearch({ id, attempt, find, stream }: { id: string; attempt: number; find: string; stream: string }) {
  const [found, setFound] = useState<OutputMatches | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  useEffect(() => { setFound(null); setProblem(null); }, [id, attempt, find, stream]);
  const search = async () => {
    setBusy(true);
    setProblem(null);
    try {
      const asked = { q: find, ignoreCase: "true", stream: stream === "both" ? null : stream, limit: most, from: found?.next ?? null };
      const next = await get<OutputMatches>(pathOf(`/tasks/${id}/attempts/${attempt}/output/search`, asked));
      setFound({ ...next, matches: [...(found?.matches ?? []), ...next.matches] });
    } catch (thrown) {
      setProblem(Problem.from(thrown));
    } finally {
      setBusy(false);
    }
  };
  return (
    <div class="log-note" role="status">
      {problem && <ProblemBox problem={problem} />}
      {found && <>{plural(found.matches.length, "line")} in the whole output{found.complete ? "" : " so far"}. </>}
      {!found?.complete && <Button disabled={busy} icon="search" onClick={search}>{found ? "Search on" : "Search the whole output"}</Button>}
      {found && found.matches.length > 0 && <ol class="log-found">{found.matches.map((match) =>
        <li key={`${match.stream} ${match.line}`}><span class="soft">{match.stream} {match.line}</span> <code><Text>{match.text}</Text></code></li>)}</ol>}
    </div>
  );
}
