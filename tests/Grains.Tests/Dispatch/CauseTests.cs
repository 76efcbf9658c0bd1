using OrleansTasks.Nodes;
using OrleansTasks.Tasks;
using OrleansTasks.Tasks.Failures;

namespace OrleansTasks.Grains.Tests.Dispatch;

/// <summary>Retries by cause in a dispatcher: budgets over restarts, quarantine, growing memory, fingerprints.</summary>
public sealed class CauseTests
{
    private static readonly RetryRules Rules = RetryRules.None.WithBudget(FailureCause.OutOfMemory, 3).WithBudget(FailureCause.Exit, 2) with
    {
        ExitCodes = ExitCodeSet.Parse("75"), FatalExitCodes = ExitCodeSet.Parse("2"),
    };

    private readonly CoreRig rig = new();

    // The budgets are packed, eight and four of them: one more cause has no place, and would take that of another.
    [Fact]
    public void WithBudget_ForEachCause_EachHasItsOwn()
    {
        var causes = Enum.GetValues<FailureCause>().Where(static cause => cause != FailureCause.None).ToArray();

        var rules = causes.Aggregate(
            RetryRules.None, static (rules, cause) => rules.WithBudget(cause, 10 + (int)cause));

        Assert.Equal(FailureCauses.AllNames.Length, causes.Length);
        Assert.All(causes, cause => Assert.Equal(10 + (int)cause, rules.BudgetOf(cause)));
    }

    [Fact]
    public void Fail_BudgetsByCause_CountApartAndOverRestarts()
    {
        rig.Node("n");
        var id = rig.Submit(retry: new RetryPolicy(2, 0, 0, true, Rules));
        foreach (var (reason, code) in new (EndReason, int?)[]
            { (EndReason.OutOfMemory, null), (EndReason.Exit, 75), (EndReason.Exit, 1), (EndReason.OutOfMemory, null) })
        {
            Fail(id, reason, code);
            Assert.Equal(TaskState.Assigned, rig.State(id));
            rig.Restart();
            rig.RenewByList("n", 1, rig.LeaseOf(id));
            rig.Offer("n", 1);
        }

        var counts = new FailureCounts(rig[id].Row.Failures);
        Assert.Equal((2, 1, 1), (counts[FailureCause.OutOfMemory], counts[FailureCause.Exit], counts[FailureCause.None]));
        Fail(id, EndReason.Exit, 75);
        Assert.Equal((TaskState.Failed, 5), (rig.State(id), rig[id].Row.Attempt));
    }

    [Fact]
    public void Fail_FatalExitCode_IsTheLastAttempt()
    {
        rig.Node("n");
        var id = rig.Submit(retry: new RetryPolicy(50, 0, 0, true, Rules));
        Fail(id, EndReason.Exit, 2);
        Assert.Equal((TaskState.Failed, 1), (rig.State(id), rig[id].Row.Attempt));
    }

    [Fact]
    public void Start_AfterOutOfMemory_SaysHowOften()
    {
        rig.Node("n");
        var id = rig.Submit(retry: new RetryPolicy(9, 0, 0, true, Rules));
        Assert.Equal(0, Assert.Single(rig.Last.Commands.SelectMany(static commands => commands.Start)).OutOfMemoryFailures);
        Fail(id, EndReason.Exit, 1);
        Assert.Equal(0, Restarted().OutOfMemoryFailures);
        Fail(id, EndReason.OutOfMemory, null);
        Assert.Equal(1, Restarted().OutOfMemoryFailures);
        Fail(id, EndReason.OutOfMemory, null);
        Assert.Equal(2, Restarted().OutOfMemoryFailures);

        // The command is lost; a new owner repeats it.
        rig.Restart();
        rig.Advance(rig.Heartbeat);
        rig.RenewByList("n", 1);
        rig.Advance(rig.Heartbeat);
        rig.RenewByList("n", 1);
        Assert.Equal(2, Restarted().OutOfMemoryFailures);

        StartCommand Restarted() => Assert.Single(rig.Last.Commands.SelectMany(static commands => commands.Start));
    }

    [Theory]
    [InlineData(0, 6)]
    [InlineData(1, 1)]
    [InlineData(3, 3)]
    [InlineData(9, 9)]
    public void LoseNode_AsOftenAsItsBudget_IsQuarantinedAndReleasedByASingleRetry(int budget, int losses)
    {
        var id = rig.Submit(retry: new RetryPolicy(1, 0, 0, true, budget == 0 ? null : RetryRules.None.WithBudget(FailureCause.NodeLost, budget)));
        for (var session = 1; session <= losses; session++)
        {
            Assert.False(rig[id].Row.IsQuarantined);
            rig.Node("n", session: session, treesDead: true);
            rig.Start(id);
            rig.Restart();
        }

        rig.Node("n", session: losses + 1, treesDead: true);
        Assert.Equal((TaskState.Failed, EndReason.NodeLost, true), (rig.State(id), rig[id].Row.Reason, rig[id].Row.IsQuarantined));
        Assert.Equal(ControlOutcome.NotRetryable, Retry(id, passesOver: true));
        Assert.Equal(TaskState.Failed, rig.State(id));
        Assert.Equal(ControlOutcome.Changed, Retry(id, passesOver: false));
        Assert.Equal((TaskState.Assigned, 0, false), (rig.State(id), rig[id].Row.NodeLosses, rig[id].Row.IsQuarantined));
    }

    [Fact]
    public void LoseNode_CountedAsAFailure_IsNotQuarantined()
    {
        rig.Node("n");
        var id = rig.Submit(retry: new RetryPolicy(1, 0, 0, OnNodeLost: false));
        rig.Node("n", session: 2, treesDead: true);
        Assert.Equal((TaskState.Failed, EndReason.NodeLost, false), (rig.State(id), rig[id].Row.Reason, rig[id].Row.IsQuarantined));
        Assert.Equal(ControlOutcome.Changed, Retry(id, passesOver: true));
    }

    [Fact]
    public void Retry_GivesFreshBudgets()
    {
        rig.Node("n");
        var id = rig.Submit(retry: new RetryPolicy(1, 0, 0, true, Rules));
        Fail(id, EndReason.OutOfMemory, null);
        Fail(id, EndReason.Exit, 1);
        Assert.Equal(TaskState.Failed, rig.State(id));
        rig.Retry(id);
        Assert.Equal((TaskState.Assigned, 0L), (rig.State(id), rig[id].Row.Failures));
        Assert.Equal(0, Assert.Single(rig.Last.Commands.SelectMany(static commands => commands.Start)).OutOfMemoryFailures);
    }

    [Fact]
    public void Fail_ForGood_HasTheFingerprintOfItsCause()
    {
        rig.Node("n");
        var (given, computed) = (rig.Submit(), rig.Submit());
        rig.Report(results: [CoreRig.Result(rig.LeaseOf(given), EndReason.Exit, 1) with { Fingerprint = 77 }]);
        Assert.Equal(77, Assert.Single(rig.Last.Writes, write => write.Row.Id == given).Fingerprint);
        rig.Exit(computed, 1);
        Assert.Equal(
            FailureFingerprint.Of(EndReason.Exit, 1, null, ""), Assert.Single(rig.Last.Writes, write => write.Row.Id == computed).Fingerprint);

        var expired = rig.Submit(requires: "no=node", expiresAt: rig.Now + 5);
        rig.Advance(5);
        Assert.Equal(FailureFingerprint.Of(EndReason.Expired), Assert.Single(rig.Last.Writes, write => write.Row.Id == expired).Fingerprint);
        var cancelled = rig.Submit(requires: "no=node");
        rig.Cancel(cancelled);
        Assert.Null(Assert.Single(rig.Last.Writes, write => write.Row.Id == cancelled).Fingerprint);
    }

    private void Fail(TaskId id, EndReason reason, int? code)
    {
        rig.End(rig.LeaseOf(id), reason, code);
        rig.Advance(1);
    }

    private ControlOutcome Retry(TaskId id, bool passesOver)
    {
        var operation = new RetryOperation([id], passesOver);
        var lookup = new Lookup();
        lookup.Know(rig[id].Open);
        rig.Round((core, draft) => operation.Apply(core, lookup, rig.Now, draft));
        operation.Complete();
        return Assert.Single(operation.Task.GetAwaiter().GetResult());
    }
}
