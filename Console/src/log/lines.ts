import { AnsiReader, type Run } from "./ansi";

/** A line of output: of which stream, and when its beginning arrived at the worker, if the worker said so. */
export interface Line { no: number; stream: "stdout" | "stderr"; runs: Run[]; text: string; at: string | null }

const mostLines = 50_000;
const mostCharacters = 8 * 1024 * 1024;

/** Both streams' output as lines in the order in which they came; the oldest go when there are too many. */
export class LogLines {
  readonly lines: Line[] = [];
  /** How many lines were left out at the beginning. */
  dropped = 0;
  private readers = { stdout: new AnsiReader(), stderr: new AnsiReader() };
  // When the line that has not ended yet began.
  private began: { stdout: string | null; stderr: string | null } = { stdout: null, stderr: null };
  private next = 0;
  private characters = 0;

  /** Adds a piece of a stream. */
  feed(stream: "stdout" | "stderr", piece: string, at: string | null = null): void {
    if (this.readers[stream].current.length === 0)
      this.began[stream] = at;
    for (const runs of this.readers[stream].feed(piece)) {
      this.add(stream, runs);
      this.began[stream] = at;
    }
    // All at once: each removal moves all that stay.
    let gone = 0;
    while (this.lines.length - gone > mostLines || this.characters > mostCharacters)
      this.characters -= this.lines[gone++]!.text.length;
    this.lines.splice(0, gone);
    this.dropped += gone;
  }

  /** The lines, those included that have not ended yet. */
  all(): Line[] {
    const open = (["stdout", "stderr"] as const).map((stream) => lineOf(this.next, stream, this.readers[stream].current, this.began[stream]));
    return [...this.lines, ...open.filter((line) => line.text !== "")];
  }

  /** Forgets everything, for another attempt. */
  clear(): void {
    this.lines.length = 0;
    this.readers = { stdout: new AnsiReader(), stderr: new AnsiReader() };
    this.dropped = this.characters = 0;
  }

  private add(stream: "stdout" | "stderr", runs: Run[]): void {
    const line = lineOf(this.next++, stream, runs, this.began[stream]);
    this.lines.push(line);
    this.characters += line.text.length;
  }
}

const lineOf = (no: number, stream: "stdout" | "stderr", runs: Run[], at: string | null): Line =>
  ({ no, stream, runs, text: runs.map((run) => run.text).join(""), at });
