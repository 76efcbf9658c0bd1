import type { Pages } from "../store/pages";
import { Button, ProblemBox } from "./parts";

/** The button below a list that shows more of it, `count` items at a time. If they cannot be had, it says why until another try. */
export function More({ of: { hasMore, more, problem }, count }: { of: Pages<unknown>; count?: number }) {
  return !hasMore ? null : (
    <div class="more">
      {problem && <ProblemBox problem={problem} />}
      <Button icon={problem ? "retry" : undefined} onClick={more}>{problem ? "Try again" : count ? `Show ${count} more` : "Show more"}</Button>
    </div>
  );
}
