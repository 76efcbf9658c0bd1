using OrleansTasks.Rollouts;

namespace OrleansTasks.Storage.Tests.Conformance;

public abstract partial class TaskStoreConformance
{
    // A rollout and its nodes, as one commit writes them.
    private static (RolloutRow Row, RolloutNodeRow[] Nodes, QueueCommit Commit) NewRollout(
        TestQueue queue, int count, string secretEnv = "")
    {
        var placeholder = queue.New().Row;
        var row = new RolloutRow(placeholder.No, placeholder.Id, "patch", count, 500, secretEnv.Length > 0);
        RolloutNodeRow[] nodes =
            [.. Enumerable.Range(0, count).Select(place => new RolloutNodeRow(row.No, place, $"n{place}"))];
        return (row, nodes, queue.Plan([]) with
        {
            Rollouts = new RolloutCommit
            {
                Rows = [row],
                Bodies = new Dictionary<long, (ReadOnlyMemory<byte>, ReadOnlyMemory<byte>)>
                {
                    [row.No] = (TestRows.Bytes("spec"), TestRows.Bytes(secretEnv)),
                },
                Nodes = nodes,
            },
        });
    }

    private static Task<CommitResult> Change(TestQueue queue, RolloutRow row, params RolloutNodeRow[] nodes) =>
        queue.TryCommit(queue.Plan([]) with { Rollouts = new RolloutCommit { Rows = [row], Nodes = nodes } });

    [Fact]
    public async Task Rollouts_Written_AreReadBackAfterAReopen()
    {
        var queue = await Take("q");
        var (row, nodes, commit) = NewRollout(queue, 3, "secret");
        Assert.Equal(CommitResult.Committed, await queue.TryCommit(commit));
        var changed = row with
        {
            State = RolloutState.Halted, Wave = 1, WaveEndedAt = 600, CancelRequestedAt = 700, Tolerated = 2, Away = 1,
            Open = 0, Succeeded = 1, Failed = 1,
        };
        var task = new TaskId(5, 6);
        RolloutNodeRow[] after =
        [
            nodes[0] with { State = RolloutNodeState.Succeeded, Tries = 1, Task = task },
            nodes[2] with { State = RolloutNodeState.Away },
        ];
        Assert.Equal(CommitResult.Committed, await Change(queue, changed, after));
        Reopen();

        var found = (await Store.Rollouts.Get(row.Id))!;
        Assert.Equal(
            (queue.Name, queue.No, changed, "spec", 0),
            (found.Queue, found.QueueNo, found.Row, TestRows.Text(found.Spec), found.SecretEnv.Length));
        Assert.Equal([after[0], nodes[1], after[1]], await Store.Rollouts.Nodes(row.Id, null, -1, 10));
        Assert.Equal([nodes[1]], await Store.Rollouts.Nodes(row.Id, null, 0, 1));
        Assert.Equal([after[1]], await Store.Rollouts.Nodes(row.Id, RolloutNodeState.Away, -1, 10));
        Assert.Null(await Store.Rollouts.Get(task));
        Assert.Empty(await Store.Rollouts.Nodes(task, null, -1, 10));
    }

    [Fact]
    public async Task Rollouts_Open_AreLoadedWithSecretsUntilTheyEnd()
    {
        var (queue, other) = (await Take("q"), await Take("other"));
        var (first, _, commit) = NewRollout(queue, 1, "secret");
        Assert.Equal(CommitResult.Committed, await queue.TryCommit(commit));
        var (second, _, next) = NewRollout(queue, 1);
        Assert.Equal(CommitResult.Committed, await queue.TryCommit(next));
        Assert.Equal(CommitResult.Committed, await Change(queue, second with { State = RolloutState.Halted }));
        Assert.Empty(await Store.Rollouts.LoadOpen(other.No, 0, 10));
        var open = await Store.Rollouts.LoadOpen(queue.No, 0, 10);
        Assert.Equal(
            [(first.Id, "secret"), (second.Id, "")],
            open.Select(static found => (found.Row.Id, TestRows.Text(found.SecretEnv))));
        var later = await Store.Rollouts.LoadOpen(queue.No, first.No, 10);
        Assert.Equal([second.Id], later.Select(static found => found.Row.Id));
        Assert.Equal(["q"], await Store.Rollouts.Queues());
        Assert.Equal(CommitResult.Committed, await Change(
            queue, first with { State = RolloutState.Halted, WaveEndedAt = 700 }));
        Assert.Equal([second.Id, first.Id], (await Store.Rollouts.Halted(10)).Select(static row => row.Id));
        Assert.Equal([second.Id], (await Store.Rollouts.Halted(1)).Select(static row => row.Id));
        Assert.Equal(["other"], await Store.ListUnused());

        // A retry reopens the first one, whose secrets are gone.
        var (failed, cancelled) = (first with { State = RolloutState.Failed, EndedAt = 900 },
            second with { State = RolloutState.Cancelled, EndedAt = 900 });
        Assert.Equal(CommitResult.Committed, await Change(queue, failed));
        Assert.Equal(CommitResult.Committed, await Change(queue, cancelled));
        Assert.Empty(await Store.Rollouts.Queues());
        Assert.Empty(await Store.Rollouts.Halted(10));
        Assert.Equal(CommitResult.Committed, await Change(queue, first));
        Assert.Equal(0, Assert.Single(await Store.Rollouts.LoadOpen(queue.No, 0, 10)).SecretEnv.Length);
        Assert.Equal([second.Id, first.Id], (await Store.Rollouts.List(null, 10)).Select(static found => found.Row.Id));
        Assert.Equal([first.Id], (await Store.Rollouts.List(second.Id, 10)).Select(static found => found.Row.Id));
        Assert.Equal([second.Id], (await Store.Rollouts.List(null, 1)).Select(static found => found.Row.Id));
    }

    [Fact]
    public async Task Rollouts_ChangeOfOneThatIsNotStored_IsRefused()
    {
        var queue = await Take("q");
        var (row, nodes, commit) = NewRollout(queue, 1);
        Assert.Equal(CommitOutcome.Refused, (await Change(queue, row, nodes)).Outcome);
        Assert.Equal(CommitResult.Committed, await queue.TryCommit(commit));
        Assert.Equal(CommitOutcome.Fenced, (await queue.TryCommit(commit with { Epoch = commit.Epoch - 1 })).Outcome);
    }

    [Fact]
    public async Task Rollouts_Prune_RemovesThoseThatEndedBefore()
    {
        var queue = await Take("q");
        var rows = new List<RolloutRow>();
        foreach (var (state, endedAt) in new[]
            { (RolloutState.Succeeded, 100L), (RolloutState.Failed, 300L), (RolloutState.Halted, 0L) })
        {
            var (row, _, commit) = NewRollout(queue, 2);
            Assert.Equal(CommitResult.Committed, await queue.TryCommit(commit));
            Assert.Equal(CommitResult.Committed, await Change(queue, row with { State = state, EndedAt = endedAt }));
            rows.Add(row);
        }

        await Store.Prune(endedBefore: 1_000, failedBefore: 200, limit: 10);
        var left = await Store.Rollouts.List(null, 10);
        Assert.Equal([rows[2].Id, rows[1].Id], left.Select(static found => found.Row.Id));
        Assert.Empty(await Store.Rollouts.Nodes(rows[0].Id, null, -1, 10));
        Assert.Equal(2, (await Store.Rollouts.Nodes(rows[1].Id, null, -1, 10)).Length);
    }

    [Fact]
    public async Task Rollouts_Prune_MoreNodesThanAStepRemoves_RemovesAll()
    {
        var queue = await Take("q");
        var rows = new List<RolloutRow>();
        foreach (var count in new[] { 2500, 1500, 600, 1, 1 })
        {
            var (row, _, commit) = NewRollout(queue, count);
            Assert.Equal(CommitResult.Committed, await queue.TryCommit(commit));
            var ended = row with { State = RolloutState.Succeeded, EndedAt = 100 + rows.Count };
            Assert.Equal(CommitResult.Committed, await Change(queue, ended));
            rows.Add(row);
        }

        await Store.Prune(endedBefore: 1_000, failedBefore: 104, limit: 10);
        Assert.Equal([rows[4].Id], (await Store.Rollouts.List(null, 10)).Select(static found => found.Row.Id));
        foreach (var row in rows)
        {
            var left = await Store.Rollouts.Nodes(row.Id, null, -1, 10);
            Assert.Equal(row == rows[4] ? 1 : 0, left.Length);
        }
    }
}
