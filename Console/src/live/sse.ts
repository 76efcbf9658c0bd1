/** One server-sent event. */
export interface ServerEvent { name: string; id: string | null; data: string }

/** Cuts a text stream into server-sent events; pieces may end anywhere. */
export class EventParser {
  private rest = "";
  private name = "message";
  private id: string | null = null;
  private data: string[] = [];

  /** The last id that was seen, what Last-Event-ID resumes after. */
  lastId: string | null = null;

  /** The events that this piece completes. */
  feed(piece: string): ServerEvent[] {
    const events: ServerEvent[] = [];
    const lines = (this.rest + piece).split("\n");
    this.rest = lines.pop() ?? "";
    for (const line of lines)
      this.line(line.endsWith("\r") ? line.slice(0, -1) : line, events);
    return events;
  }

  private line(line: string, events: ServerEvent[]): void {
    if (line === "") {
      if (this.id !== null)
        this.lastId = this.id;
      if (this.data.length > 0)
        events.push({ name: this.name, id: this.lastId, data: this.data.join("\n") });
      [this.name, this.id, this.data] = ["message", null, []];
      return;
    }
    const colon = line.indexOf(":");
    if (colon === 0)
      return;
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(line[colon + 1] === " " ? colon + 2 : colon + 1);
    if (field === "data")
      this.data.push(value);
    else if (field === "event")
      this.name = value;
    else if (field === "id")
      this.id = value;
  }
}

/** Reads a stream of events until it ends; `seen` hears of every piece, comments included. */
export async function readEvents(
  response: Response, parser: EventParser, event: (event: ServerEvent) => void, seen: () => void = () => {},
): Promise<void> {
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done)
      return;
    seen();
    parser.feed(value).forEach(event);
  }
}
