import { parseJson } from "./json";

/** What a call was refused with, or why it got no answer (status 0). */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly title: string,
    detail: string,
    readonly traceId: string | null = null,
    readonly errors: Record<string, string[]> = {},
    /** The console's page of what already has the name. */
    readonly page?: string,
  ) {
    super(detail);
  }

  /** The problem of a response that is not a success. */
  static async of(response: Response): Promise<Problem> {
    try {
      const body = await response.json();
      return new Problem(response.status, body.code ?? "error", body.title ?? response.statusText,
        body.detail ?? "", body.traceId ?? null, body.errors ?? {});
    } catch {
      return new Problem(response.status, "error", `Status ${response.status}`, response.statusText);
    }
  }

  /** The problem of whatever a call threw; null when the call was abandoned. */
  static from(thrown: unknown): Problem | null {
    if (thrown instanceof Problem)
      return thrown;
    if (thrown instanceof DOMException && thrown.name === "AbortError")
      return null;
    if (thrown instanceof SyntaxError)
      return new Problem(0, "not-json", "The gateway's answer cannot be read", thrown.message);
    return new Problem(0, "no-answer", "The gateway does not answer", "Check that the service runs and can be reached.");
  }
}

/** Parses the JSON that the user typed into a field; throws a problem about the field if it is not JSON. */
export function typedJson(text: string, field: string): unknown {
  try {
    return parseJson(text);
  } catch (thrown) {
    throw new Problem(0, "not-json", "This is not JSON", "Nothing was sent.", null, { [field]: [(thrown as Error).message] });
  }
}
