using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Grains.Tests.Dispatch;

/// <summary>How attempts end, and what follows.</summary>
public sealed class AttemptTests
{
    private readonly CoreRig rig = new();

    [Fact]
    public void End_WithTheNumberOfAnotherAttempt_ChangesNothing()
    {
        rig.Node("n");
        var id = rig.Submit(retry: new RetryPolicy(3, 1, 1, true));
        rig.Start(id);
        rig.Exit(id, 1);
        rig.Advance(10);
        rig.Start(id);

        rig.End(rig.LeaseOf(id) with { Attempt = 1 }, EndReason.Exit, 0);

        Assert.Equal(TaskState.Running, rig.State(id));
        Assert.Empty(rig.Last.Writes);
        Assert.True(rig.Last.NeedsOwner);
    }

    [Fact]
    public void Report_ExitZero_Succeeds()
    {
        rig.Node("n");
        var id = rig.Submit();
        rig.Start(id);
        Assert.Equal(TaskState.Running, rig.State(id));
        rig.Advance(7);
        rig.Exit(id);
        var row = rig[id].Row;
        Assert.Equal((TaskState.Succeeded, 1, 0, EndReason.Exit), (row.State, row.Attempt, row.ExitCode, row.Reason));
        Assert.Equal((rig.Now, rig.Now - 7), (row.EndedAt, row.StartedAt));
        Assert.Equal(0, rig.Core.OpenCount);
    }

    [Fact]
    public void Report_StartAndResultTogether_IsOneRow()
    {
        rig.Node("n");
        var id = rig.Submit();
        var lease = rig.LeaseOf(id);
        rig.Report(started: [lease], results: [CoreRig.Result(lease, EndReason.Exit, 0)]);
        Assert.Single(rig.Last.Writes);
        Assert.Equal([TaskState.Queued, TaskState.Assigned, TaskState.Running, TaskState.Succeeded], rig[id].History);
    }

    [Fact]
    public void Report_StartCameLate_TheAttemptTookAsLongAsItsCommandRan()
    {
        rig.Node("n");
        var id = rig.Submit();
        rig.Advance(50);
        rig.Start(id);
        rig.Advance(2);
        rig.Exit(id);
        Assert.Equal(rig.Now - 5, rig[id].Row.StartedAt);
    }

    [Fact]
    public void Report_ResultWithoutStart_ImpliesIt()
    {
        rig.Node("n");
        var id = rig.Submit();
        rig.Advance(50);
        rig.Exit(id);
        Assert.Equal(rig.Now - 5, rig[id].Row.StartedAt);
    }

    [Theory]
    [InlineData(EndReason.Exit, 3, null)]
    [InlineData(EndReason.Signal, null, "SIGSEGV")]
    [InlineData(EndReason.Timeout, null, "SIGKILL")]
    [InlineData(EndReason.SpawnFailed, null, null)]
    [InlineData(EndReason.OutOfMemory, 0, null)]
    [InlineData(EndReason.CpuTime, null, "SIGXCPU")]
    [InlineData(EndReason.BadResult, 0, null)]
    [InlineData(EndReason.BadResult, null, null)]
    public void Report_AnyFailure_FailsWithItsReason(EndReason reason, int? code, string? signal)
    {
        rig.Node("n");
        var id = rig.Submit();
        rig.End(rig.LeaseOf(id), reason, code, signal);
        var row = rig[id].Row;
        Assert.Equal((TaskState.Failed, reason, code, signal), (row.State, row.Reason, row.ExitCode, row.Signal));
    }

    [Fact]
    public void Report_Value_IsWrittenForATaskThatHasAResultAlone()
    {
        rig.Node("n", slots: 2, enforces: Limits.Results);
        var (id, plain) = (rig.Submit(limits: Limits.Results), rig.Submit());
        rig.Report(results: [.. new[] { id, plain }.Select(one =>
            CoreRig.Result(rig.LeaseOf(one), EndReason.Exit, 0) with { Value = "[1]"u8.ToArray() })]);

        Assert.Equal(
            [(id, 3), (plain, 0)], rig.Last.Writes.Select(static write => (write.Row.Id, write.Result!.Value.Length)));
    }

    [Fact]
    public void Submit_HasAResult_WaitsForANodeThatTakesResults()
    {
        rig.Node("old");
        var id = rig.Submit(limits: Limits.Results);
        Assert.Equal(TaskState.Queued, rig.State(id));
        Assert.Contains("accepts results", Assert.Single(rig.Core.Waits.Of(id).Reasons, static reason => reason.Code == "no-matching-node").Detail);

        rig.Node("new", enforces: Limits.Results);
        Assert.Equal("new", rig[id].Row.Node);
    }

    [Theory]
    [InlineData(0, TaskState.Running)]
    [InlineData(null, TaskState.Failed)]
    public void Report_BadInputs_AreNoStart(int? code, TaskState afterAssigned)
    {
        rig.Node("n");
        var id = rig.Submit();
        rig.End(rig.LeaseOf(id), EndReason.BadResult, code);
        Assert.Equal(afterAssigned, rig[id].History[2]);
    }

    [Fact]
    public void Report_BadResult_HasABudgetOfItsOwn()
    {
        rig.Node("n");
        var id = rig.Submit(retry: new RetryPolicy(1, 0, 0, true, RetryRules.None.WithBudget(FailureCause.BadResult, 2)));
        rig.End(rig.LeaseOf(id), EndReason.BadResult, 0);
        rig.Advance(10);
        Assert.Equal(TaskState.Assigned, rig.State(id));
        rig.End(rig.LeaseOf(id), EndReason.BadResult, 0);
        Assert.Equal((TaskState.Failed, 2), (rig.State(id), rig[id].Row.Attempt));
    }

    [Fact]
    public void Report_EveryAttemptFails_EndsAfterMaxAttempts()
    {
        rig.Node("n");
        var id = rig.Submit(retry: new RetryPolicy(3, 10, 10, true));
        for (var attempt = 1; attempt <= 3; attempt++)
        {
            Assert.Equal((TaskState.Assigned, attempt), (rig.State(id), rig[id].Row.Attempt));
            rig.Exit(id, 1);
            Assert.Equal(attempt, rig[id].Row.Failures);
            if (attempt < 3)
                Assert.Equal(TaskState.Scheduled, rig.State(id));
            rig.Advance(10);
        }

        Assert.Equal((TaskState.Failed, 3), (rig.State(id), rig[id].Row.Attempt));
        Assert.Equal([1, 2], rig[id].Attempts.Keys);
    }

    [Fact]
    public void Backoff_ManyDraws_FillTheWholeRangeAndStayBelowTheBound()
    {
        var policy = new RetryPolicy(100, 1_000, 6_000, true);
        var random = new SeededRandomness(3);
        foreach (var (failures, bound) in new[] { (1, 1_000), (2, 2_000), (3, 4_000), (4, 6_000), (60, 6_000), (100, 6_000) })
        {
            var draws = Enumerable.Range(0, 2_000).Select(_ => RetryBackoff.Next(policy, failures, random)).ToArray();
            Assert.All(draws, draw => Assert.InRange(draw, 0, bound));
            Assert.True(draws.Min() < bound / 50 && draws.Max() > bound - (bound / 50), $"{draws.Min()} to {draws.Max()} of {bound}.");
            Assert.InRange(draws.Average(), bound * 0.45, bound * 0.55);
        }
    }

    [Fact]
    public void Backoff_LongestPolicy_DoesNotOverflow()
    {
        var policy = new RetryPolicy(100, 30L * 86_400_000, 30L * 86_400_000, true);
        Assert.InRange(RetryBackoff.Next(policy, 100, new SeededRandomness(1)), 0, policy.MaxBackoff);
    }

    [Fact]
    public void LoseNode_ByDefault_RequeuesFiveTimesWithoutUsingUpAttempts()
    {
        var id = rig.Submit();
        for (var session = 1; session <= 6; session++)
        {
            rig.Node("n", session: session, treesDead: true);
            Assert.Equal((TaskState.Assigned, session), (rig.State(id), rig[id].Row.Attempt));
            rig.Start(id);
            Assert.Equal((0, session - 1), (rig[id].Row.Failures, rig[id].Row.NodeLosses));
        }

        rig.Node("n", session: 7, treesDead: true);
        Assert.Equal((TaskState.Failed, EndReason.NodeLost), (rig.State(id), rig[id].Row.Reason));
        Assert.All(rig[id].Attempts.Values, static ended => Assert.Equal(EndReason.NodeLost, ended.Reason));
    }

    /// <summary>A worker that killed an attempt because its own lease had ended reports what it knows of the end.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void LoseNode_ByTheNodesOwnReport_KeepsHowTheAttemptEndedAndWhatItWrote(bool requeues)
    {
        rig.Node("n");
        var id = rig.Submit(retry: new RetryPolicy(1, 10, 10, OnNodeLost: requeues));
        rig.Start(id);
        var lease = rig.LeaseOf(id);
        var output = new AttemptOutput(3, 0, Truncated: false, "abc"u8.ToArray(), Inline: true, "abc"u8.ToArray(), default);

        var draft = rig.Report(results: [CoreRig.Result(lease, EndReason.NodeLost, 143) with { Output = output }]);

        var attempt = requeues ? rig[id].Attempts[1] : new EndedAttempt(
            1, lease.Token, "n", rig[id].Row.State, rig[id].Row.Reason, rig[id].Row.ExitCode, null, 0, 0);
        Assert.Equal((TaskState.Failed, EndReason.NodeLost, 143), (attempt.State, attempt.Reason, attempt.ExitCode));
        Assert.Equal("abc"u8.ToArray(), draft.Writes.Single().Result!.Output!.Tail.ToArray());
        Assert.Equal((requeues, requeues ? 1 : 0), (rig.State(id) == TaskState.Assigned, rig[id].Row.NodeLosses));
    }

    [Fact]
    public void LoseNode_ByTheNodesOwnReportAfterACancel_IsACancel()
    {
        rig.Node("n");
        var id = rig.Submit();
        rig.Start(id);
        rig.Cancel(id);

        rig.End(rig.LeaseOf(id), EndReason.NodeLost, 143);

        Assert.Equal(
            (TaskState.Cancelled, EndReason.Cancelled, 143), (rig.State(id), rig[id].Row.Reason, rig[id].Row.ExitCode));
    }

    [Fact]
    public void LoseNode_OnNodeLostFalse_CountsAsAFailedAttempt()
    {
        var id = rig.Submit(retry: new RetryPolicy(2, 10, 10, OnNodeLost: false));
        rig.Node("n");
        rig.Node("n", session: 2, treesDead: true);
        Assert.Equal((TaskState.Scheduled, 1), (rig.State(id), rig[id].Row.Failures));
        rig.Advance(10);
        rig.Node("n", session: 3, treesDead: true);
        Assert.Equal((TaskState.Failed, EndReason.NodeLost), (rig.State(id), rig[id].Row.Reason));
    }

    [Fact]
    public void Refuse_NeverStarted_CostsNothingAndGivesTheNumberAgain()
    {
        rig.Node("n");
        var id = rig.Submit(retry: new RetryPolicy(1, 1, 1, OnNodeLost: false));
        var first = rig.LeaseOf(id);
        rig.Refuse(id);
        Assert.Equal((TaskState.Assigned, 1, 0, 0), (rig.State(id), rig[id].Row.Attempt, rig[id].Row.Failures, rig[id].Row.NodeLosses));
        Assert.NotEqual(first.Token, rig[id].Row.Token);
    }

    [Fact]
    public void Refuse_Started_CostsNothingAndTheNextAttemptIsLater()
    {
        rig.Node("n");
        var id = rig.Submit(retry: new RetryPolicy(1, 1, 1, OnNodeLost: false));
        rig.Start(id);
        rig.Refuse(id);
        Assert.Equal((TaskState.Assigned, 2, 0, 0), (rig.State(id), rig[id].Row.Attempt, rig[id].Row.Failures, rig[id].Row.NodeLosses));
        Assert.Equal(EndReason.NodeLost, rig[id].Attempts[1].Reason);
    }

    [Fact]
    public void Refuse_StartIsToldInTheSameReport_TheNextAttemptIsLater()
    {
        rig.Node("n");
        var id = rig.Submit();
        rig.Report(started: [rig.LeaseOf(id)], refused: [rig.LeaseOf(id)]);
        Assert.Equal((TaskState.Assigned, 2, 0, 0), (rig.State(id), rig[id].Row.Attempt, rig[id].Row.Failures, rig[id].Row.NodeLosses));
        Assert.Equal(EndReason.NodeLost, rig[id].Attempts[1].Reason);
    }

    [Fact]
    public void Refuse_SecondAttempt_ShowsTheFirstAgain()
    {
        rig.Node("n");
        var id = rig.Submit(retry: new RetryPolicy(2, 10, 10, true));
        var first = rig.LeaseOf(id);
        rig.Exit(id, 7);
        rig.Advance(10);
        rig.Offer("n", 0);
        rig.Refuse(id);
        var row = rig[id].Row;
        Assert.Equal((TaskState.Queued, 1, first.Token, "n", 7), (row.State, row.Attempt, row.Token, row.Node, row.ExitCode));
    }

    [Fact]
    public void Report_StaleToken_ChangesNothing()
    {
        rig.Node("n");
        var id = rig.Submit();
        rig.Start(id);
        var stale = rig.LeaseOf(id);
        rig.Node("n", session: 2, treesDead: true);
        rig.Report(started: [stale], results: [CoreRig.Result(stale, EndReason.Exit, 0)], refused: [stale]);
        Assert.True(rig.Last is { Writes.Count: 0, Events.Count: 0, NeedsOwner: true });
        Assert.Equal((TaskState.Assigned, 2), (rig.State(id), rig[id].Row.Attempt));
    }

    [Theory]
    [InlineData("started")]
    [InlineData("result")]
    [InlineData("refused")]
    [InlineData("unable")]
    public void Report_UnknownAttempt_IsSettledOnlyByTheOwner(string said)
    {
        rig.Node("n");
        var id = rig.Submit();
        var unknown = rig.LeaseOf(id) with { Token = new LeaseToken(1, 2) };
        ImmutableArray<LeaseRef> If(string wanted) => said == wanted ? [unknown] : [];
        rig.Report(
            started: If("started"),
            results: said == "result" ? [CoreRig.Result(unknown, EndReason.Exit, 0)] : [],
            refused: If("refused"),
            unable: If("unable"));
        Assert.True(rig.Last is { Writes.Count: 0, Events.Count: 0, NeedsOwner: true });
        Assert.Equal(TaskState.Assigned, rig.State(id));
    }

    [Fact]
    public void Report_RightAttemptWithAnotherToken_ChangesNothing()
    {
        rig.Node("n");
        var id = rig.Submit();
        var forged = rig.LeaseOf(id) with { Token = new LeaseToken(1, 2) };
        rig.End(forged, EndReason.Exit, 0);
        Assert.True(rig.Last is { Writes.Count: 0, Events.Count: 0, NeedsOwner: true });
        Assert.Equal(TaskState.Assigned, rig.State(id));
    }

    [Fact]
    public void Report_ResultTwice_TheSecondChangesNothing()
    {
        rig.Node("n");
        var id = rig.Submit();
        var lease = rig.LeaseOf(id);
        var result = CoreRig.Result(lease, EndReason.Exit, 1);
        rig.Report(results: [result, result]);
        Assert.Equal(TaskState.Failed, rig.State(id));
        rig.End(lease, EndReason.Exit, 0);
        Assert.True(rig.Last is { Writes.Count: 0, Events.Count: 0, NeedsOwner: true });
        Assert.Equal(1, rig[id].Row.ExitCode);
    }

    [Fact]
    public void Finish_TaskWithSecrets_DropsThem()
    {
        rig.Node("n");
        var id = rig.Submit(secret: true);
        rig.Exit(id);
        Assert.True(rig[id].SecretsDropped);
    }
}
