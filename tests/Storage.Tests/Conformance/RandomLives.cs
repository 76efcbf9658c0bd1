using OrleansTasks.Feed;

namespace OrleansTasks.Storage.Tests.Conformance;

/// <summary>Plans random commits as dispatchers make them, some of which must be refused.</summary>
internal sealed class RandomLives(Random random, TestClock clock, string[] keys)
{
    private readonly Dictionary<int, (QueueOwnership Owned, long LastNo)> owned = [];
    private readonly Dictionary<int, List<TaskRow>> rows = [];

    /// <summary>Every id that was ever planned.</summary>
    internal List<TaskId> Ids { get; } = [];

    internal async Task TakeOver(ITaskStore[] stores)
    {
        foreach (var key in keys)
        {
            var taken = new List<QueueOwnership>();
            foreach (var store in stores)
                taken.Add(await store.TakeEpoch(key, null, default));
            Assert.Equal(taken[0], taken[1]);
            owned[taken[0].QueueNo] = (taken[0], taken[0].LastNo);
            rows.TryAdd(taken[0].QueueNo, []);
        }
    }

    internal QueueCommit NextCommit()
    {
        var no = owned.Keys.ElementAt(random.Next(owned.Count));
        var writes = new List<TaskWrite>();
        foreach (var row in rows[no].Where(_ => random.Next(3) == 0))
            writes.Add(Advance(row));
        for (var i = random.Next(6); i > 0; i--)
            writes.Add(New(no, i));
        var (mine, lastNo) = owned[no];
        IdempotencyEntry[] entries = random.Next(3) > 0
            ? []
            : [new(new byte[] { (byte)random.Next(40) }, TestRows.Bytes("body"), TestRows.Bytes($"{mine.Sequence}"))];
        return new QueueCommit(
            no, mine.Epoch - (random.Next(15) == 0 ? 1 : 0), mine.Sequence, lastNo, clock.Now, writes, entries,
            [.. writes.Select(w => new FeedEntry(w.Row.Id, w.Row.State, w.Row.Attempt))]);
    }

    internal void Settle(QueueCommit plan, CommitOutcome outcome)
    {
        if (outcome != CommitOutcome.Committed)
            return;
        var (mine, lastNo) = owned[plan.QueueNo];
        owned[plan.QueueNo] = (mine with { Sequence = mine.Sequence + 1 }, lastNo);
        foreach (var write in plan.Writes)
        {
            rows[plan.QueueNo].RemoveAll(r => r.No == write.Row.No);
            rows[plan.QueueNo].Add(write.Row);
        }
    }

    /// <summary>Mostly: a change of a task that was pruned must be refused by both stores.</summary>
    internal void Forget(IEnumerable<TaskId> pruned)
    {
        foreach (var id in pruned.Where(_ => random.Next(10) > 0))
        {
            foreach (var list in rows.Values)
                list.RemoveAll(r => r.Id == id);
        }
    }

    private TaskWrite New(int no, int i)
    {
        var (mine, lastNo) = owned[no];
        owned[no] = (mine, lastNo + 1);
        var id = random.Next(60) == 0 && Ids.Count > 0 ? Ids[random.Next(Ids.Count)] : clock.Ids.Next();
        Ids.Add(id);
        var submission = new TaskSubmission(
            id, $"name{i}", (byte)random.Next(10), 0, random.Next(2),
            random.Next(3) switch
            {
                0 => RetryPolicy.Default,
                1 => new RetryPolicy(2 + i, i, 9, false),
                _ => new RetryPolicy(2, i, 9, true, RetryRules.None.WithBudget(FailureCause.Signal, 2 + i)),
            },
            [new Label("i", $"{i}")], random.Next(2) == 0 ? [] : [new Label("need", $"{i}")], (Limits)random.Next(16),
            TestRows.Bytes($"spec{i}"), random.Next(3) == 0 ? TestRows.Bytes("secret") : default);
        var row = new TaskRow { No = lastNo + 1, Id = id, State = TaskState.Queued, Order = lastNo + 1, QueuedAt =
            clock.Now };
        return new TaskWrite
        {
            New = submission, Row = random.Next(2) == 0 ? row : row.Running(1, $"n{i}", clock.Now),
            Batch = random.Next(3) == 0 ? new TaskId(8, (ulong)i) : null, DropSecrets = random.Next(8) == 0,
        };
    }

    private TaskWrite Advance(TaskRow row)
    {
        if (row.State.IsFinal())
        {
            return new TaskWrite
            {
                Row = row.Waiting(clock.Now + 9) with { State = TaskState.Queued, NodeLosses = 0 }, Superseded = Leave(row),
                ForgetsFailure = row.State == TaskState.Failed,
            };
        }


        if (!row.State.IsLeased())
            return new TaskWrite { Row = row.Running(row.Attempt + 1, $"n{random.Next(3)}", clock.Now) };
        var ended = random.Next(5) == 0 ? row.Lost(random.Next(7), clock.Now) : row.Ended(random.Next(3), clock.Now);
        var result = random.Next(4) == 0 ? null : TestRows.Result(
            ended, RandomOutput(), random.Next(3), random.Next(3)) with
            {
                Value = ended.Attempt % 3 == 0 ? default : TestRows.Bytes($"[{ended.No},{ended.Attempt}]"),
            };
        return random.Next(3) == 0
            ? new TaskWrite { Row = row.Waiting(clock.Now + 5), Superseded = Leave(ended), Result = result }
            : new TaskWrite
            {
                Row = ended, Result = result, DropSecrets = true,
                Fingerprint = ended.State == TaskState.Failed ? random.Next(6) - 2 : null,
            };
    }

    private static EndedAttempt? Leave(TaskRow row) =>
        row.Attempt == 0 ? null : TestRows.Left(row, row.Reason, row.ExitCode, row.EndedAt);

    private AttemptOutput? RandomOutput() => random.Next(4) switch
    {
        0 => null,
        1 => TestRows.Filed(random.Next(500), random.Next(2)),
        2 => TestRows.Inline("out", tail: "other tail", truncated: true),
        _ => TestRows.Inline(new string('x', random.Next(20)), "err"),
    };
}
