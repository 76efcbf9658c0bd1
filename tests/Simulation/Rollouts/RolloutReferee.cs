using OrleansTasks.Events;
using OrleansTasks.Nodes;
using OrleansTasks.Rollouts;
using OrleansTasks.Simulation.Checks;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Simulation.Rollouts;

/// <summary>
/// Checks rollouts from the commits alone. After each commit:
/// <list type="bullet">
/// <item>A node has one task for each of its tries, which may run only there and is stored with the try. The node's
/// state follows from its latest task. A task that was taken back before it started does not count as a try.</item>
/// <item>A wave begins only after the previous wave has ended, and the command has run in it.</item>
/// <item>Nothing starts after too many failures or a cancel.</item>
/// <item>The counts match the nodes.</item>
/// <item>A rollout that has ended changes only by a retry.</item>
/// <item>Every change that only users make was requested.</item>
/// </list>
/// </summary>
/// <param name="tasks">The tasks as they are after the commit.</param>
/// <param name="coverage">What happened.</param>
/// <param name="answersOfReplaced">How often replaced owners of a queue have answered.</param>
/// <param name="areClocksSet">
/// Whether the clock of a silo has been set. From then on owners measure a pause and the time to catch up by clocks
/// that the times in the rows do not show, so neither is checked any more.
/// </param>
internal sealed class RolloutReferee(
    IReadOnlyDictionary<TaskId, KnownTask> tasks, Coverage coverage, Func<string, int> answersOfReplaced,
    Func<bool> areClocksSet)
{
    private readonly Dictionary<TaskId, KnownRollout> byId = [];
    private readonly Dictionary<(int QueueNo, long No), KnownRollout> byNo = [];
    private readonly Dictionary<TaskId, (KnownRollout Rollout, int Place)> byTask = [];

    /// <summary>How many rollouts have not ended.</summary>
    public int Open { get; private set; }

    /// <summary>The rollouts that have not ended, for the message of a run that does not end.</summary>
    public override string ToString() =>
        string.Join("; ", byId.Values.Where(static known => known.IsOpen).Select(static known => known.ToString()));

    /// <summary>A user asks to start a rollout.</summary>
    public void Expect(string queue, RolloutRequest request) =>
        byId.TryAdd(request.Id, new KnownRollout(queue, request));

    /// <summary>The rollout that a user was told of.</summary>
    public KnownRollout Find(TaskId id) => byId[id];

    /// <summary>A call about a rollout begins.</summary>
    public RolloutCall Begin(KnownRollout known, RolloutAction? action = null)
    {
        if (action is { } asked)
            known.Asked[(int)asked]++;
        return new RolloutCall(known, known.Versions.Count - 1, answersOfReplaced(known.Queue));
    }

    /// <summary>A commit is on the disk, and the tasks are as it has made them.</summary>
    public void Committed(QueueCommit commit)
    {
        if (commit.Rollouts is null && byNo.Count == 0)
            return;
        if (commit.Rollouts is { } changes)
        {
            var nodes = changes.Nodes.ToLookup(static node => node.Rollout);
            var rows = changes.Rows.ToDictionary(static row => row.No);
            foreach (var no in rows.Keys.Union(nodes.Select(static group => group.Key)).Order().ToArray())
            {
                var row = rows.GetValueOrDefault(no);
                var before = changes.Bodies.ContainsKey(no) ? Add(commit, row!) : byNo[(commit.QueueNo, no)].Latest;
                Change(commit, byNo[(commit.QueueNo, no)], before, row ?? before.Row, [.. nodes[no]]);
            }
        }

        foreach (var write in commit.Writes)
            Check(commit, write);
    }

    /// <summary>Retention has removed something: not what is open.</summary>
    /// <param name="isStored">Whether the store has a rollout.</param>
    public void Pruned(Func<TaskId, bool> isStored)
    {
        foreach (var known in byId.Values.Where(static known => known.Latest.IsThere))
        {
            if (isStored(known.Request.Id))
                continue;
            Violation.Unless(!known.IsOpen, $"Retention removed {known}.");
            known.Versions.Add(known.Latest with { IsThere = false });
            coverage.Fire("rollout removed");
        }
    }

    /// <summary>A request was answered.</summary>
    public void Answered(RolloutCall call, RolloutAction action, RolloutReply reply)
    {
        var known = call.Rollout;
        var isTrue = reply.Outcome switch
        {
            RolloutOutcome.Done => action switch
            {
                RolloutAction.Cancel => call.Any(static version => version.Row.CancelRequestedAt != 0),
                RolloutAction.Retry => known.Latest.Retries > known.Versions[call.From].Retries,
                _ => call.Any(static version => version.IsThere && !version.Row.State.IsFinal()),
            },
            RolloutOutcome.Finished => call.Any(static version => version.Row.State.IsFinal()),
            RolloutOutcome.NotRetryable => call.Any(
                static version => version.Row.Failed == 0 || version.Row.CancelRequestedAt != 0),
            RolloutOutcome.SecretsGone => call.Any(
                static version => version.Row.HadSecrets && version.Row.State.IsFinal()),
            RolloutOutcome.NotFound => call.Any(static version => !version.IsThere),
            _ => false,
        };
        Require(call, isTrue || answersOfReplaced(known.Queue) > call.AnswersOfReplaced, $"{action}: {reply}");
        coverage.Fire($"rollout {action} {reply.Outcome}".ToLowerInvariant());
    }

    /// <summary>A user was shown a rollout; null when there is none.</summary>
    public void Shown(RolloutCall call, RolloutView? view) => Require(
        call,
        view is null
            ? call.Any(static version => !version.IsThere)
            : view.Spec.Span.SequenceEqual(call.Rollout.Request.Spec.Span) && view.Queue == call.Rollout.Queue
                && call.Any(version => version.IsThere && Shows(view, version.Row)),
        $"{view}, {string.Join(' ', view?.ByState ?? [])}");

    /// <summary>A user was shown the nodes of a rollout; null when there is none.</summary>
    public void Shown(RolloutCall call, ImmutableArray<RolloutNodeView>? views)
    {
        Require(
            call,
            views is not { } shown
                ? call.Any(static version => !version.IsThere)
                : call.Any(version => version.IsThere && shown
                    .Select(static view => (view.Place, view.Node, view.State, view.Tries, view.Task))
                    .SequenceEqual(version.Nodes.Select(
                        static node => (node.Place, node.Node, node.State, node.Tries, node.Task)))),
            $"the nodes {string.Join(", ", views ?? [])}");
        // The tasks are read after the nodes, and retention may have removed them.
        foreach (var view in views ?? [])
        {
            if (view is { TaskState: { } state, State: RolloutNodeState.Succeeded or RolloutNodeState.Failed }
                && tasks[view.Task!.Value].RetriesMade == 0)
            {
                Require(
                    call,
                    state.IsFinal() && (state == TaskState.Succeeded) == (view.State == RolloutNodeState.Succeeded),
                    view.ToString());
            }
        }
    }

    /// <summary>A user was shown the output of a rollout; null when there is none.</summary>
    public void Shown(RolloutCall call, ImmutableArray<RolloutOutputGroup>? groups)
    {
        string[] shown = [.. (groups ?? []).SelectMany(static group => group.Nodes)];
        Require(
            call,
            groups is null
                ? call.Any(static version => !version.IsThere)
                : shown.Distinct().Count() == shown.Length && shown.All(name => call.Any(version => version.Nodes.Any(
                    node => node.Node == name && node.State is RolloutNodeState.Succeeded or RolloutNodeState.Failed))),
            $"the output of {string.Join(", ", shown)}");
    }

    private static bool Shows(RolloutView view, RolloutRow row) =>
        (view.Id, view.Name, view.State, view.Wave, view.WaveEndedAt, view.EndedAt, view.CancelRequestedAt)
            == (row.Id, row.Name, row.State, row.Wave + 1, row.WaveEndedAt, row.EndedAt, row.CancelRequestedAt)
        && view.ByState.SequenceEqual([row.Pending, row.Away, row.Open, row.Succeeded, row.Failed]);

    private static void Require(RolloutCall call, bool isTrue, string answer) => Violation.Unless(
        isTrue,
        $"A user of {call.Rollout.Request.Id} was answered with {answer}; meanwhile it was "
        + $"{string.Join(", then ", call.Rollout.Versions.Skip(call.From))}.");

    // The first end counts: a task that ended may have been retried in the same round.
    private static TaskState? EndOf(QueueCommit commit, TaskId? task)
    {
        foreach (var entry in commit.Events)
        {
            if (entry.Task == task && entry.State.IsFinal())
                return entry.State;
        }

        return null;
    }

    private static int CountOf(IEnumerable<RolloutNodeRow> nodes, RolloutNodeState state) =>
        nodes.Count(node => node.State == state);

    // Returns the rollout as it was before its first round.
    private RolloutVersion Add(QueueCommit commit, RolloutRow row)
    {
        Violation.Unless(byId.TryGetValue(row.Id, out var known), $"Nobody asked for {row}.");
        Violation.Unless(!known!.Latest.IsThere, $"{row} is stored twice.");
        var (spec, secrets) = commit.Rollouts!.Bodies[row.No];
        Violation.Unless(
            spec.Span.SequenceEqual(known.Request.Spec.Span) && row.HadSecrets == !secrets.IsEmpty
                && secrets.Span.SequenceEqual(known.Request.SecretEnv.Span),
            $"{row} has another body than was asked for.");
        Violation.Unless(row.Count == known.Request.Nodes.Length, $"{row} has not the nodes that were asked for.");
        byNo.Add((commit.QueueNo, row.No), known);
        foreach (var given in known.Tasks)
            given.Clear();
        known.Ran = 0;
        coverage.Fire("rollout made");
        return new RolloutVersion(
            new RolloutRow(row.No, row.Id, row.Name, row.Count, row.StartedAt, row.HadSecrets),
            [.. known.Request.Nodes.Select((node, place) => new RolloutNodeRow(row.No, place, node))],
            known.Latest.Retries);
    }

    private void Change(
        QueueCommit commit, KnownRollout known, RolloutVersion before, RolloutRow row, RolloutNodeRow[] changed)
    {
        Violation.Unless(before.IsThere, $"{row} changed, and is not stored.");
        var nodes = before.Nodes.ToBuilder();
        foreach (var node in changed)
        {
            Violation.Unless(node.Node == before.Nodes[node.Place].Node, $"{node} was {before.Nodes[node.Place]}.");
            nodes[node.Place] = node;
        }

        var isRetried = changed.Any(node => IsRetried(commit, before.Nodes[node.Place], node));
        var after = new RolloutVersion(row, nodes.DrainToImmutable(), before.Retries + (isRetried ? 1 : 0));
        var change = new Changed(commit, known, before, after, isRetried, areClocksSet());
        if (isRetried)
        {
            Do(known, RolloutAction.Retry);
            coverage.Fire(before.Row.State.IsFinal() ? "rollout reopened" : "rollout retried");
        }

        CheckRow(change);
        foreach (var node in changed)
            CheckNode(change, before.Nodes[node.Place], node);
        CheckStarts(change);
        CheckWave(change);
        CheckState(change);
        CheckEvents(change);
        var wasOpen = known.IsOpen;
        known.Versions.Add(after);
        Open += (known.IsOpen ? 1 : 0) - (wasOpen ? 1 : 0);
    }

    // Only a retry moves a node that has failed. One that fails and is retried in one round was open before.
    private static bool IsRetried(QueueCommit commit, RolloutNodeRow before, RolloutNodeRow node)
    {
        if (before.State == RolloutNodeState.Failed)
            return true;
        if (before.State != RolloutNodeState.Open || EndOf(commit, before.Task) is not { } end)
            return false;
        // A task that was taken back no longer counts as a try; one that failed and is retried still does.
        return end != TaskState.Succeeded && node.State switch
        {
            RolloutNodeState.Open => true,
            RolloutNodeState.Pending or RolloutNodeState.Away => node.Tries == before.Tries,
            _ => false,
        };
    }

    // Whether the command may have run by the latest task.
    private bool HasRun(RolloutNodeRow node) => tasks[node.Task!.Value].Row.Attempt > 0;

    private static void Do(KnownRollout known, RolloutAction action)
    {
        var (done, asked) = (++known.Done[(int)action], known.Asked[(int)action]);
        Violation.Unless(done <= asked, $"{action} was done {done} times, and asked for {asked} times: {known}");
    }

    private void CheckRow(Changed change)
    {
        var (before, row, isRetried) = (change.Before.Row, change.After.Row, change.IsRetried);
        Violation.Unless(
            (row.No, row.Id, row.Name, row.Count, row.StartedAt, row.HadSecrets)
                == (before.No, before.Id, before.Name, before.Count, before.StartedAt, before.HadSecrets),
            $"{row} was {before}.");
        Violation.Unless(
            !before.State.IsFinal() || (isRetried && before.CancelRequestedAt == 0 && !before.HadSecrets),
            $"{before} had ended, and became {row}.");
        var isCancelled = row.CancelRequestedAt != before.CancelRequestedAt;
        if (isCancelled)
        {
            Violation.Unless(before.CancelRequestedAt == 0, $"{row} was cancelled before: {before}.");
            Do(change.Known, RolloutAction.Cancel);
        }

        var isResumed = change.IsResumed;
        if (isResumed)
        {
            Do(change.Known, RolloutAction.Resume);
            coverage.Fire("rollout resumed");
        }

        Violation.Unless(
            row.Tolerated == (isRetried ? 0 : isResumed ? before.Failed : before.Tolerated),
            $"{row} accepts {row.Tolerated} failures; it was {before}.");
        var isAskedTo = isResumed || isRetried || isCancelled;
        Violation.Unless(
            before.State != RolloutState.Halted || row.State != RolloutState.Running || isAskedTo,
            $"{row} goes on by itself; it was {before}.");
    }

    private void CheckNode(Changed change, RolloutNodeRow before, RolloutNodeRow node)
    {
        var (isRetried, mayCatchUp, isTooLate) = (change.IsRetried, change.MayCatchUp, change.MayBeTooLate);
        var isNew = node.Task != before.Task;
        var end = before.State == RolloutNodeState.Open ? EndOf(change.Commit, before.Task) : null;
        var isTakenBack = end == TaskState.Cancelled && !HasRun(before)
            && node.State is RolloutNodeState.Pending or RolloutNodeState.Away && node.Tries == before.Tries - 1;
        Violation.Unless(isTakenBack || node.Tries == before.Tries + (isNew ? 1 : 0), $"{node} was {before}.");
        if (isNew)
            CheckNew(change, node);
        var isExplained = (before.State, node.State) switch
        {
            (RolloutNodeState.Pending, RolloutNodeState.Open) => isNew,
            (RolloutNodeState.Pending, RolloutNodeState.Away) => before.Tries == 0 || mayCatchUp,
            (RolloutNodeState.Pending, RolloutNodeState.Failed) => before.Tries > 0 && isTooLate,
            // A new rollout is stored with all of its nodes.
            (RolloutNodeState.Pending, RolloutNodeState.Pending) => node == before && change.IsNew,
            (RolloutNodeState.Away, RolloutNodeState.Open) => isNew && mayCatchUp,
            (RolloutNodeState.Open, RolloutNodeState.Succeeded) => end == TaskState.Succeeded,
            (RolloutNodeState.Open, RolloutNodeState.Failed) => end is not null and not TaskState.Succeeded,
            // With a retry, it had failed, and its node was not there.
            (RolloutNodeState.Open, RolloutNodeState.Away) => isTakenBack || (isRetried && mayCatchUp),
            (RolloutNodeState.Open, RolloutNodeState.Pending) => isTakenBack || isRetried,
            (RolloutNodeState.Open, RolloutNodeState.Open) => isNew && isRetried && end is not null,
            (RolloutNodeState.Failed, RolloutNodeState.Pending) => true,
            (RolloutNodeState.Failed, RolloutNodeState.Open) => isNew,
            (RolloutNodeState.Failed, RolloutNodeState.Away) => mayCatchUp,
            (RolloutNodeState.Failed, RolloutNodeState.Failed) => isTooLate,
            _ => false,
        };
        Violation.Unless(isExplained, $"{node} was {before}, and its task is {end?.Name() ?? "open"}: {change.Known}");
        if (node.State == RolloutNodeState.Away)
            coverage.Fire(isTakenBack ? "rollout task taken back" : "rollout node away");
        if (isTakenBack && node.State == RolloutNodeState.Pending && change.After.Row.CancelRequestedAt == 0
            && change.StartsNothing)
            coverage.Fire("rollout task taken back after too many failures");
        if (before.State == RolloutNodeState.Away)
            coverage.Fire("rollout node catches up");
        var isCancelled = change.After.Row.CancelRequestedAt != 0 || isTakenBack;
        if (end == TaskState.Cancelled && !isCancelled && !tasks[before.Task!.Value].CancelAsked)
            coverage.Fire("rollout node broken");
    }

    // A node gets a task in the commit that records it, and all that it got before have ended.
    private void CheckNew(Changed change, RolloutNodeRow node)
    {
        var (known, id) = (change.Known, node.Task!.Value);
        var submission = change.Commit.Writes.SingleOrDefault(write => write.Row.Id == id)?.New;
        Violation.Unless(
            node.State == RolloutNodeState.Open && submission is not null, $"{node} has a task of another commit.");
        Violation.Unless(
            submission!.Requires is [{ Key: NodeNames.IdLabel } only] && only.Value == node.Node
                && submission.Labels.Contains(new Label(RolloutSpec.Label, known.Request.Id.ToString())),
            $"{submission} is the task of {node}.");
        foreach (var task in known.Tasks[node.Place].Select(given => tasks[given]))
        {
            // A user may have retried it by itself.
            Violation.Unless(
                task.IsFinal || task.RetriesMade > 0, $"{node} gets a task, and {task.Row} has not ended.");
        }

        known.Tasks[node.Place].Add(id);
        byTask.Add(id, (known, node.Place));
    }

    // Nothing starts in a rollout that is halted, has ended or is being cancelled, nor after too many failures.
    private static void CheckStarts(Changed change)
    {
        var (before, after) = (change.Before, change.After);
        if (!after.Nodes.Any(node => node.Task != before.Nodes[node.Place].Task))
            return;
        Violation.Unless(
            after.Row is { State: RolloutState.Running, CancelRequestedAt: 0 },
            $"{after} started a node; it was {before}.");
        // Nodes that are not there for their retry fail after others have started.
        var failed = change.IsRetried ? 0 : after.Nodes.Count(node => node.State == RolloutNodeState.Failed
            && before.Nodes[node.Place].State is RolloutNodeState.Failed or RolloutNodeState.Open);
        Violation.Unless(
            failed - after.Row.Tolerated <= change.Known.MostFailed,
            $"{after} started a node after {failed} failures; it was {before}.");
    }

    // A wave begins after the last has ended with few failures, and after the pause.
    private void CheckWave(Changed change)
    {
        var (before, after) = (change.Before, change.After);
        var (was, row, at) = (before.Row, after.Row, change.Commit.At);
        var totals = change.Known.Plan.Totals(row.Count);
        Violation.Unless(row.Wave >= was.Wave && row.Wave < totals.Length, $"{row} was in wave {was.Wave}.");
        Violation.Unless(
            after.Nodes.Count(static node => node.Tries > 0) <= totals[row.Wave],
            $"More nodes than {totals[row.Wave]} were given the command: {after}.");
        var isHalted = row.State == RolloutState.Halted && was.State != RolloutState.Halted;
        var isEnded = row.WaveEndedAt != 0 && (row.WaveEndedAt != was.WaveEndedAt || row.Wave != was.Wave);
        Violation.Unless(
            !(isEnded || isHalted) || (row.WaveEndedAt == at && row.Open == 0),
            $"{after} ended its wave at {at}; it was {before}.");
        if (row.Wave == was.Wave)
            return;
        coverage.Fire("rollout wave");
        Violation.Unless(
            !after.Nodes.Any(node =>
                node.State == RolloutNodeState.Open && node.Task == before.Nodes[node.Place].Task),
            $"{after} began a wave, and nodes of the last are open: {before}.");
        Violation.Unless(
            !after.Nodes.Any(static node => node is { State: RolloutNodeState.Pending, Tries: > 0 }),
            $"{after} began a wave, and nodes are to be retried.");
        Violation.Unless(
            row.Failed - row.Tolerated <= change.Known.MostFailed,
            $"{after} began a wave after {row.Failed} failures.");
        var ran = after.Nodes.Count(static node => node is { Tries: > 0 } and not { State: RolloutNodeState.Open });
        Violation.Unless(
            ran > change.Known.Ran, $"{after} began a wave, and no command has run in the last: {before}.");
        change.Known.Ran = ran;
        var pause = change.Known.Plan.Pause;
        Violation.Unless(
            pause == 0
                || (was.WaveEndedAt != 0 && !change.IsRetried
                    && (change.AreClocksSet || at >= was.WaveEndedAt + pause)),
            $"{after} began a wave at {at}, in the pause of {pause} ms: {before}.");
    }

    private void CheckState(Changed change)
    {
        var (row, nodes, most) = (change.After.Row, change.After.Nodes, change.Known.MostFailed);
        Violation.Unless(
            (row.Pending, row.Away, row.Open, row.Succeeded, row.Failed)
                == (CountOf(nodes, RolloutNodeState.Pending), CountOf(nodes, RolloutNodeState.Away),
                    CountOf(nodes, RolloutNodeState.Open), CountOf(nodes, RolloutNodeState.Succeeded),
                    CountOf(nodes, RolloutNodeState.Failed)),
            $"{row} counts other nodes than {string.Join(", ", nodes)}.");
        Violation.Unless(row.State.IsFinal() == (row.EndedAt != 0), $"{row} ended at {row.EndedAt}.");
        Violation.Unless(row.State == RolloutState.Running || row.Open == 0, $"{row} has open nodes.");
        var isLeft = row.Pending > 0 || (row.Away > 0 && change.MayCatchUp);
        var isDone = row.Pending == 0 && (row.Away == 0 || change.MayBeTooLate);
        var holds = row.State switch
        {
            RolloutState.Running => true,
            RolloutState.Halted => row.CancelRequestedAt == 0 && isLeft && row.Failed - row.Tolerated > most,
            RolloutState.Cancelled => row.CancelRequestedAt != 0,
            RolloutState.Succeeded => row.CancelRequestedAt == 0 && isDone && row.Failed <= most,
            _ => row.CancelRequestedAt == 0 && isDone && row.Failed > most,
        };
        Violation.Unless(holds, $"{row} at {change.Commit.At} has the nodes {string.Join(", ", nodes)}.");
        if (row.State != RolloutState.Running)
            coverage.Fire("rollout " + row.State.Name());
    }

    // Webhooks are told when a rollout starts, is resumed or retried, halts and ends.
    private static void CheckEvents(Changed change)
    {
        var (before, row, known) = (change.Before.Row, change.After.Row, change.Known);
        ResourceState[] told =
        [
            .. change.Commit.Resources
                .Where(one => one.Kind == ResourceKind.Rollout && one.Id == row.Id.ToString())
                .Select(static one => one.State),
        ];
        var goesOn = told is [ResourceState.Running, ..];
        var mustGoOn = change.IsNew || change.IsRetried || change.IsResumed;
        // A node may fail, be retried and fail again in one round, of which its row shows nothing.
        var mayGoOn = mustGoOn
            || known.Asked[(int)RolloutAction.Retry] > known.Done[(int)RolloutAction.Retry];
        var stops = row.State != RolloutState.Running && (goesOn || row.State != before.State);
        Violation.Unless(
            (goesOn ? mayGoOn : !mustGoOn)
                && told.Skip(goesOn ? 1 : 0).Select(static state => state.Name())
                    .SequenceEqual(stops ? [row.State.Name()] : []),
            $"{row} was told of as {string.Join(", ", told)}; it was {before}.");
    }

    // A task of a rollout runs on its node alone, and does not end without it.
    private void Check(QueueCommit commit, TaskWrite write)
    {
        if (!byTask.TryGetValue(write.Row.Id, out var found))
        {
            Violation.Unless(
                write.New is null || !write.New.Labels.Any(static label => label.Key == RolloutSpec.Label),
                $"{write.Row} is a task of a rollout, and no node has it.");
            return;
        }

        var (row, end, rollout) = (write.Row, EndOf(commit, write.Row.Id), found.Rollout.Latest);
        var node = rollout.Nodes[found.Place];
        Violation.Unless(!row.State.IsLeased() || row.Node == node.Node, $"{row} is the task of {node}.");
        Violation.Unless(
            end is null || node.State != RolloutNodeState.Open || node.Task != row.Id,
            $"{row} has ended, and its node is {node}.");
        var isTakenBack = node.Task == row.Id
            && node.State is RolloutNodeState.Pending or RolloutNodeState.Away or RolloutNodeState.Failed;
        var mayBeCancelled = tasks[row.Id].CancelAsked || rollout.Row.CancelRequestedAt != 0 || isTakenBack;
        Violation.Unless(
            end != TaskState.Cancelled || mayBeCancelled, $"{row} was cancelled by nobody; its node is {node}.");
    }

    /// <summary>A rollout before and after a commit that changes it.</summary>
    private sealed record Changed(
        QueueCommit Commit, KnownRollout Known, RolloutVersion Before, RolloutVersion After, bool IsRetried,
        bool AreClocksSet)
    {
        public bool IsNew => Commit.Rollouts!.Bodies.ContainsKey(After.Row.No);

        // Only a resume accepts failures: at least one more, because the rollout was halted.
        public bool IsResumed => Before.Row.State == RolloutState.Halted && !IsRetried
            && After.Row.Tolerated != Before.Row.Tolerated;

        /// <summary>Whether the rollout is being cancelled, or too many nodes have failed.</summary>
        public bool StartsNothing =>
            After.Row.CancelRequestedAt != 0 || After.Row.Failed - After.Row.Tolerated > Known.MostFailed;

        /// <summary>Whether a node that was away may still get the command.</summary>
        public bool MayCatchUp => AreClocksSet || IsInTime;

        /// <summary>Whether a node that was away may be too late for the command.</summary>
        public bool MayBeTooLate => AreClocksSet || !IsInTime;

        private bool IsInTime => Commit.At < After.Row.StartedAt + Known.Plan.CatchUp;
    }
}
