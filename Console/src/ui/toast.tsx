import { signal } from "@preact/signals";
import { Problem } from "../api/problem";
import { refresh } from "../store/resource";
import { Button, Icon, Text } from "./parts";

interface Toast { key: number; text: string; bad: boolean; undo?: () => Promise<unknown> }

const toasts = signal<Toast[]>([]);
let next = 0;

/** Says what was done, for ten seconds, with the way back where there is one. */
export function say(text: string, undo?: () => Promise<unknown>, bad = false): void {
  const toast = { key: next++, text, bad, undo };
  toasts.value = [...toasts.value.slice(-3), toast];
  setTimeout(() => drop(toast), 10_000);
}

/** Does something, says that it is done or why not, and reads what it changed again. */
export async function act<T>(
  done: string | ((answer: T) => string), action: () => Promise<T>, undo?: () => Promise<unknown>,
  undoOf?: (answer: T) => (() => Promise<unknown>) | undefined,
): Promise<T | null> {
  try {
    const answer = await action();
    say(typeof done === "string" ? done : done(answer), undo ?? undoOf?.(answer));
    refresh("");
    return answer;
  } catch (thrown) {
    const problem = Problem.from(thrown);
    if (problem)
      say(`${problem.title}: ${problem.message}`, undefined, true);
    return null;
  }
}

function drop(toast: Toast): void {
  toasts.value = toasts.value.filter((other) => other !== toast);
}

export function Toasts() {
  return (
    <div class="toasts" role="status" aria-live="polite">
      {toasts.value.map((toast) => (
        <div class={toast.bad ? "toast bad" : "toast"} key={toast.key}>
          <Icon name={toast.bad ? "failed" : "succeeded"} /><span><Text>{toast.text}</Text></span>
          {toast.undo && <Button onClick={async () => { drop(toast); await act("Undone", toast.undo!); }}>Undo</Button>}
          <Button kind="bare" icon="close" label="Close" onClick={() => drop(toast)} />
        </div>
      ))}
    </div>
  );
}
