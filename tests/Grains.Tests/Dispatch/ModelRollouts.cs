using OrleansTasks.Rollouts;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Grains.Tests.Dispatch;

/// <summary>
/// The rollouts of the plainest store. Checks after each commit that rows, nodes and tasks agree, and that no node was
/// given more tasks than its row counts, except those that were taken back before they started.
/// </summary>
internal sealed class ModelRollouts
{
    private readonly Dictionary<long, (ReadOnlyMemory<byte> Spec, ReadOnlyMemory<byte> SecretEnv)> bodies = [];

    public SortedDictionary<long, RolloutRow> Rows { get; } = [];

    public SortedDictionary<(long Rollout, int Place), RolloutNodeRow> Nodes { get; } = [];

    public void Apply(CommitDraft draft, Dictionary<TaskId, StoredTask> tasks)
    {
        if (!draft.ChangesRollouts)
            return;
        var commit = draft.Rollouts.ToCommit();
        foreach (var (no, body) in commit.Bodies)
            Assert.True(bodies.TryAdd(no, body), "A rollout was stored twice.");
        foreach (var row in commit.Rows)
        {
            Assert.True(bodies.ContainsKey(row.No), "A rollout without a body.");
            Rows[row.No] = row;
            if (row.State.IsFinal())
                bodies[row.No] = (bodies[row.No].Spec, default);
        }

        foreach (var node in commit.Nodes)
            Nodes[(node.Rollout, node.Place)] = node;
        foreach (var row in Rows.Values)
            Check(row, tasks);
    }

    public RolloutNodeRow[] NodesOf(RolloutRow row) =>
        [.. Nodes.Values.Where(node => node.Rollout == row.No)];

    public StoredRollout Read(RolloutRow row, string queue) =>
        new(queue, 1, row, bodies[row.No].Spec, bodies[row.No].SecretEnv);

    public void LoadInto(DispatchCore core, string queue)
    {
        foreach (var row in Rows.Values.Where(static row => !row.State.IsFinal()))
            core.Rollouts.Load(Read(row, queue), [.. NodesOf(row)]);
    }

    private void Check(RolloutRow row, Dictionary<TaskId, StoredTask> tasks)
    {
        var nodes = NodesOf(row);
        Assert.Equal(row.Count, nodes.Length);
        var counts = RolloutNames.AllNodeStates.Select((_, state) => nodes.Count(node => (int)node.State == state));
        Assert.Equal([row.Pending, row.Away, row.Open, row.Succeeded, row.Failed], counts);
        Assert.Equal(row.State.IsFinal(), row.EndedAt != 0);
        Assert.True(row.Open == 0 || row.State == RolloutState.Running, $"{row.State} with {row.Open} open nodes.");
        var label = new Label(RolloutSpec.Label, row.Id.ToString());
        var given = tasks.Values.Where(task => task.Submission.Labels.Contains(label))
            .ToLookup(static task => task.Submission.Requires.Single(one => one.Key == "node/id").Value);
        foreach (var node in nodes)
        {
            var mayBeTakenBack = given[node.Node]
                .Count(static task => task.Row is { State: TaskState.Cancelled, Attempt: 0 });
            var all = given[node.Node].Count();
            Assert.InRange(node.Tries, all - mayBeTakenBack, all);
            var open = given[node.Node].Where(static task => !task.Row.State.IsFinal())
                .Select(static task => task.Row.Id);
            Assert.Equal(node.State == RolloutNodeState.Open ? [node.Task!.Value] : [], open);
            if (node.State == RolloutNodeState.Succeeded)
                Assert.Equal(TaskState.Succeeded, tasks[node.Task!.Value].Row.State);
        }
    }
}
