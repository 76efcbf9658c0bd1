using OrleansTasks.Events;
using OrleansTasks.Grains.Tests.Dispatch;
using OrleansTasks.Nodes;
using OrleansTasks.Rollouts;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Grains.Tests.Rollouts;

/// <summary>
/// Rollouts in a dispatcher's core. <see cref="ModelRollouts"/> checks after each commit that rows, nodes and tasks
/// agree.
/// </summary>
public sealed class RolloutTests
{
    private static readonly TaskId Id = new(7UL << 16, 7);
    private readonly CoreRig rig = new();

    private RolloutRow Row => rig.Store.Rollouts.Rows.Values.Single();

    [Fact]
    public void Start_EachNode_GetsATaskOfItsOwn()
    {
        rig.Node("a");
        rig.Node("b");
        Assert.Equal(RolloutOutcome.Done, Start("a b"));
        Assert.Equal(2, rig.Started.Length);
        foreach (var node in (string[])["a", "b"])
        {
            var task = rig[TaskOf(node)];
            Assert.Equal(node, task.Row.Node);
            Assert.Equal(
                $$$"""{"cmd":"true","labels":{"rollout":"{{{Id}}}"},"requires":{"node/id":"{{{node}}}"}}""",
                System.Text.Encoding.UTF8.GetString(task.Submission.Spec.Span));
            Assert.Equal("{\"K\":\"v\"}", System.Text.Encoding.UTF8.GetString(task.Submission.SecretEnv.Span));
            rig.Exit(TaskOf(node));
        }

        Assert.Equal((RolloutState.Succeeded, 2), (Row.State, Row.Succeeded));
        Assert.Equal(0, rig.Core.Rollouts.Count);
    }

    [Fact]
    public void Start_FleetUnknown_WaitsInsteadOfFindingEverybodyAway()
    {
        Start("a", waves: "\"100%\"");
        Assert.Equal(1, Row.Pending);
        rig.Node("a");
        Assert.Equal(1, Row.Open);
    }

    [Fact]
    public void NextWave_InTheCommitThatEndsTheLastTask()
    {
        rig.Node("a");
        rig.Node("b");
        Start("a b", waves: "1,\"100%\"");
        rig.Exit(TaskOf("a"));
        Assert.Equal((1, 1, 1), (Row.Succeeded, Row.Open, rig.Rounds));
    }

    [Fact]
    public void Halt_Resume_GoesOn_AndCancelEndsWhatRuns()
    {
        rig.Node("a");
        rig.Node("b");
        Start("a b", waves: "1,\"100%\"");
        rig.Exit(TaskOf("a"), 1);
        Assert.Equal((RolloutState.Halted, 1), (Row.State, Row.Pending));
        Assert.Equal((RolloutOutcome.Done, 1), Control(RolloutAction.Resume));
        Assert.Equal((RolloutOutcome.Done, 0), Control(RolloutAction.Resume));
        rig.Start(TaskOf("b"));
        Assert.Equal((RolloutOutcome.Done, 1), Control(RolloutAction.Cancel));
        Assert.Equal((RolloutState.Running, 1), (Row.State, Row.Open));
        rig.End(rig.LeaseOf(TaskOf("b")), EndReason.Cancelled);
        Assert.Equal((RolloutState.Cancelled, 2), (Row.State, Row.Failed));
        Assert.Equal((RolloutOutcome.Finished, 0), Control(RolloutAction.Cancel));
        Assert.Equal(
            [ResourceState.Running, ResourceState.Halted, ResourceState.Running, ResourceState.Cancelled],
            rig.Store.Resources.Where(static one => one.Kind == ResourceKind.Rollout && one.Id == Id.ToString())
                .Select(static one => one.State));
    }

    [Fact]
    public void TooManyFailed_TaskThatHasNotStarted_IsTakenBackUntilAResume()
    {
        rig.Node("a");
        rig.Node("b", credit: 0);
        Start("a b");
        var first = TaskOf("b");

        rig.Exit(TaskOf("a"), 1);

        Assert.Equal((RolloutState.Halted, 1, TaskState.Cancelled), (Row.State, Row.Pending, rig.State(first)));
        rig.Restart();
        Control(RolloutAction.Resume);
        Assert.NotEqual(first, TaskOf("b"));
        rig.Offer("b", 1);
        rig.Exit(TaskOf("b"));
        Assert.Equal((RolloutState.Failed, 1, 1), (Row.State, Row.Succeeded, Row.Failed));
    }

    [Theory]
    [InlineData(StoreHealth.LowSpace)]
    [InlineData(StoreHealth.NoSpace)]
    public void Cancel_WhileTheStoreMayNotGrow_EndsTheRollout_AndOthersWait(StoreHealth health)
    {
        rig.Node("a", credit: 0);
        rig.Node("b", credit: 0);
        Start("a b");
        rig.Core.Space = health;

        Start("a", id: new TaskId(7UL << 16, 8));
        Control(RolloutAction.Cancel);

        var rows = rig.Store.Rollouts.Rows.Values.ToArray();
        Assert.Equal([RolloutState.Cancelled, RolloutState.Running], rows.Select(static row => row.State));
        Assert.Equal((2, 1), (rows[0].Pending, rows[1].Pending));
        Assert.All(rig.Store.Tasks.Values, static task => Assert.Equal(TaskState.Cancelled, task.Row.State));
    }

    [Fact]
    public void Cancel_WaitingTask_NodeIsNotFailed()
    {
        rig.Node("a", credit: 0);
        Start("a");
        Control(RolloutAction.Cancel);
        Assert.Equal((RolloutState.Cancelled, 0, 1), (Row.State, Row.Failed, Row.Pending));
        Assert.Equal(TaskState.Cancelled, rig.State(TaskOf("a")));
    }

    [Fact]
    public void Node_GoneBeforeItsTaskStarts_IsAwayAndCatchesUp()
    {
        rig.Node("a", credit: 0);
        Start("a", catchUp: "1h");
        var first = TaskOf("a");
        rig.NodeGone("a");
        rig.Advance(RolloutCore.AwayAfter);
        Assert.Equal((1, TaskState.Cancelled), (Row.Away, rig.State(first)));
        rig.Node("a", session: 2);
        Assert.NotEqual(first, TaskOf("a"));
        rig.Exit(TaskOf("a"));
        Assert.Equal(RolloutState.Succeeded, Row.State);
    }

    [Fact]
    public void Node_LostWhileItRunsTheCommand_HasFailedAndHalts()
    {
        rig.Node("a");
        rig.Node("b");
        Start("a b", waves: "1,\"100%\"", catchUp: "1h");
        var task = TaskOf("a");
        rig.Start(task);
        rig.NodeGone("a");
        rig.Advance(rig.Lease);
        Assert.Equal((TaskState.Queued, 1), (rig.State(task), Row.Open));
        rig.Advance(RolloutCore.AwayAfter);
        Assert.Equal((RolloutState.Halted, 1, TaskState.Cancelled), (Row.State, Row.Failed, rig.State(task)));
    }

    [Fact]
    public void Retry_OfAnEndedOne_ReopensItUnlessItHadSecrets()
    {
        rig.Node("a");
        rig.Node("b");
        Start("a b", secrets: false);
        rig.Exit(TaskOf("a"), 1);
        rig.Exit(TaskOf("b"));
        Assert.Equal(RolloutState.Failed, Row.State);
        Assert.Equal((RolloutOutcome.Finished, 0), Control(RolloutAction.Retry));

        Assert.Equal(RolloutOutcome.Done, Reopen());
        Assert.Equal((RolloutState.Running, 1), (Row.State, Row.Open));
        var cancelled = Row with { HadSecrets = false, CancelRequestedAt = 1, State = RolloutState.Cancelled };
        Assert.Equal(RolloutOutcome.NotRetryable, ReopenOf(cancelled));
        Assert.Equal(RolloutOutcome.SecretsGone, ReopenOf(Row with { HadSecrets = true }));
        rig.Exit(TaskOf("a"));
        Assert.Equal((RolloutState.Succeeded, 2), (Row.State, Row.Succeeded));
    }

    [Fact]
    public void Retire_QueueWithAHaltedRollout_IsRefused()
    {
        rig.Node("a");
        rig.Node("b");
        Start("a b", waves: "1,\"100%\"");
        rig.Exit(TaskOf("a"), 1);
        Assert.Equal(0, rig.Core.OpenCount);
        var retires = true;
        rig.Round((core, draft) => retires = core.TryRetire(draft));
        Assert.False(retires);
        Control(RolloutAction.Cancel);
        rig.Round((core, draft) => retires = core.TryRetire(draft));
        Assert.True(retires);
    }

    [Fact]
    public void Start_BeyondTheLimit_IsQueueFull()
    {
        rig.Node("a", credit: 0);
        for (var i = 0; i < ServiceLimits.OpenRollouts; i++)
            Assert.Equal(RolloutOutcome.Done, Start("a", id: new TaskId(8UL << 16, (ulong)i)));
        Assert.Equal(RolloutOutcome.QueueFull, Start("a"));
    }

    /// <summary>The owner of the queue is lost at any moment; no node is given the command twice.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void AnySteps_OwnersLost_EachNodeGetsOneTask(int seed)
    {
        var random = new Random(seed);
        string[] nodes = [.. Enumerable.Range(0, 12).Select(static no => $"n{no:00}")];
        foreach (var node in nodes)
            rig.Node(node);
        Start(string.Join(' ', nodes), waves: "1,4,\"100%\"", secrets: false);
        for (var step = 0; step < 2_000 && !Row.State.IsFinal(); step++)
        {
            var running = Nodes().Where(static node => node.State == RolloutNodeState.Open)
                .Select(static node => node.Task!.Value).Where(task => rig.State(task).IsLeased()).ToArray();
            switch (random.Next(5))
            {
                case 0:
                    rig.Restart();
                    foreach (var node in nodes)
                        rig.Offer(node, 1);
                    break;
                case 1 when running.Length > 0:
                    var lost = running[random.Next(running.Length)];
                    rig.Lose((core, draft) => core.Reports.Take(
                        new NodeReport("n", 1, [], [CoreRig.Result(rig.LeaseOf(lost), EndReason.Exit, 0)], []),
                        rig.Now, draft));
                    foreach (var node in nodes)
                        rig.Offer(node, 1);
                    break;
                case 2 when running.Length > 0:
                    rig.Exit(running[random.Next(running.Length)]);
                    break;
                default:
                    rig.Advance(random.Next(100));
                    break;
            }
        }

        Assert.Equal((RolloutState.Succeeded, 12), (Row.State, Row.Succeeded));
        Assert.All(Nodes(), static node => Assert.Equal(1, node.Tries));
        Assert.Equal(12, rig.Store.Tasks.Count);
    }

    private RolloutNodeRow[] Nodes() => rig.Store.Rollouts.NodesOf(Row);

    private TaskId TaskOf(string node) => Nodes().Single(row => row.Node == node).Task!.Value;

    private RolloutOutcome Start(
        string nodes, string waves = "\"100%\"", string catchUp = "0ms", bool secrets = true, TaskId? id = null)
    {
        var body = $$"""{"task":{"cmd":"true"},"waves":[{{waves}}],"catchUp":"{{catchUp}}"}""";
        var request = new RolloutRequest(RolloutAction.Start, id ?? Id)
        {
            Spec = System.Text.Encoding.UTF8.GetBytes(body), Nodes = [.. nodes.Split(' ')],
            SecretEnv = secrets ? "{\"K\":\"v\"}"u8.ToArray() : default,
        };
        var outcome = RolloutOutcome.NotFound;
        rig.Round((core, draft) => outcome = core.Rollouts.Start(request, rig.Now, draft));
        return outcome;
    }

    private (RolloutOutcome Outcome, int Changes) Control(RolloutAction action)
    {
        var (outcome, changes) = (RolloutOutcome.NotFound, 0);
        rig.Round((core, _) => outcome = core.Rollouts.Control(action, Id, rig.Now, out changes));
        return (outcome, changes);
    }

    private RolloutOutcome Reopen() => ReopenOf(Row);

    private RolloutOutcome ReopenOf(RolloutRow row)
    {
        var outcome = RolloutOutcome.NotFound;
        rig.Round((core, _) => outcome = core.Rollouts.Reopen(
            rig.Store.Rollouts.Read(row, rig.Queue), [.. rig.Store.Rollouts.NodesOf(row)], out var _));
        return outcome;
    }
}
