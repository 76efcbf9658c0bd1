import type { Answer, Change, Shape } from "./worlds";
import { textOf } from "./worlds";

/** What was recorded from a service by record.mjs. */
export interface Recorded { at: string; ids: Record<string, string>; shapes: Record<string, Shape>; answers: Record<string, Answer> }

/** Stands for the service: answers as recorded, changed as a test wants it. */
export class Service {
  /** The calls that nobody recorded. */
  readonly unknown: string[] = [];
  /** The calls since the page was opened. */
  readonly asked: string[] = [];
  private underWay = 0;
  private readonly byPath = new Map<string, Answer>();
  private readonly shapes: [RegExp, Shape][];

  /** `recorder` is the address of record.mjs while it records. */
  constructor(recorded: Recorded, private change: Change, private readonly recorder?: string) {
    for (const [asked, answer] of Object.entries(recorded.answers)) {
      this.byPath.set(plain(asked), answer);
      this.byPath.set(pathOf(asked), this.byPath.get(pathOf(asked)) ?? answer);
    }
    this.shapes = Object.entries(recorded.shapes).map(([path, shape]) => [new RegExp(`^GET ${path.replace(/\{\w+\}/g, "[^/?]+")}$`), shape]);
  }

  /** Answers from now on like this. */
  behave(change: Change): void {
    this.change = change;
    this.asked.length = 0;
  }

  get isQuiet(): boolean {
    return this.underWay === 0;
  }

  readonly fetch = async (path: string, sent: RequestInit = {}): Promise<Response> => {
    const asked = `${sent.method ?? "GET"} ${path}`;
    this.underWay++;
    try {
      if (this.recorder)
        return await fetchNow(this.recorder + path, sent);
      const isFirst = !this.asked.some((one) => !one.includes("/attention"));
      this.asked.push(asked);
      const found = this.byPath.get(plain(asked)) ?? this.byPath.get(pathOf(asked));
      if (!found)
        this.unknown.push(asked);
      const shape = this.shapes.find(([pattern]) => pattern.test(pathOf(asked)))?.[1] ?? {};
      const answer = this.change(found ?? { status: 404, type: "text/plain", body: "" }, shape, isFirst, path);
      if (answer === "cut")
        throw new TypeError("fetch failed");
      if (answer !== "silent")
        return new Response(answer.status === 204 ? null : textOf(answer), { status: answer.status, headers: { "content-type": answer.type } });
    } finally {
      this.underWay--;
    }
    return new Promise<Response>((_, fail) => sent.signal?.addEventListener("abort", () => fail(new DOMException("", "AbortError"))));
  };
}

const fetchNow = globalThis.fetch;

/** Times in a query differ from run to run. */
const plain = (asked: string): string => asked.replace(/\d{4}-\d\d-\d\dT[^&]*/g, "*");
const pathOf = (asked: string): string => asked.replace(/\?.*/, "");
