using OrleansTasks.Nodes;
using OrleansTasks.Tasks;

namespace OrleansTasks.Grains.Tests.Dispatch;

/// <summary>Cancelling, and retrying by hand.</summary>
public sealed class CancelTests
{
    private readonly CoreRig rig = new();

    [Fact]
    public void Cancel_Queued_EndsAtOnce()
    {
        var id = rig.Submit(secret: true);
        Assert.Equal(ControlOutcome.Changed, rig.Cancel(id));
        var row = rig[id].Row;
        Assert.Equal((TaskState.Cancelled, EndReason.Cancelled, rig.Now), (row.State, row.Reason, row.CancelRequestedAt));
        Assert.True(rig[id].SecretsDropped);
        Assert.Equal(ControlOutcome.NotOpen, rig.Cancel(id));
    }

    [Fact]
    public void Cancel_Scheduled_EndsAtOnceAndStaysEnded()
    {
        var id = rig.Submit(runAt: rig.Now + 100);
        Assert.Equal(ControlOutcome.Changed, rig.Cancel(id));
        rig.Advance(1_000);
        Assert.Equal(TaskState.Cancelled, rig.State(id));
    }

    [Fact]
    public void Cancel_InBackoff_EndsAtOnce()
    {
        rig.Node("n");
        var id = rig.Submit(retry: new RetryPolicy(2, 1_000, 1_000, true));
        rig.Exit(id, 1);
        Assert.Equal(ControlOutcome.Changed, rig.Cancel(id));
        Assert.Equal((TaskState.Cancelled, 1), (rig.State(id), rig[id].Row.Attempt));
    }

    [Fact]
    public void Cancel_InTheRoundInWhichAnAttemptFails_KeepsThatAttemptAndWhatItReported()
    {
        rig.Node("n");
        var id = rig.Submit(retry: new RetryPolicy(2, 1_000, 1_000, true));
        rig.Start(id);
        var result = CoreRig.Result(rig.LeaseOf(id), EndReason.Exit, 1);

        rig.Round((core, draft) =>
        {
            core.Reports.Take(new NodeReport("n", 1, [], [result], []), rig.Now, draft);
            core.Cancels.Cancel(id, rig.Now, draft);
        });

        var write = Assert.Single(rig.Last.Writes);
        Assert.Equal((TaskState.Cancelled, result), (write.Row.State, write.Result));
        Assert.Equal((1, TaskState.Failed, EndReason.Exit, 1),
            (write.Superseded!.Attempt, write.Superseded.State, write.Superseded.Reason, write.Superseded.ExitCode));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Cancel_Leased_AsksTheNodeAndStaysUntilItAnswers(bool started)
    {
        rig.Node("n");
        var id = rig.Submit();
        if (started)
            rig.Start(id);
        Assert.Equal(ControlOutcome.Changed, rig.Cancel(id));
        Assert.Equal(rig.LeaseOf(id), Assert.Single(Assert.Single(rig.Last.Commands).Cancel));
        Assert.Equal(started ? TaskState.Running : TaskState.Assigned, rig.State(id));
        Assert.Equal(rig.Now, rig[id].Row.CancelRequestedAt);
        Assert.Equal(ControlOutcome.Unchanged, rig.Cancel(id));
        rig.End(rig.LeaseOf(id), EndReason.Cancelled, signal: "SIGTERM");
        Assert.Equal((TaskState.Cancelled, EndReason.Cancelled), (rig.State(id), rig[id].Row.Reason));
        Assert.NotEqual(0, rig[id].Row.CancelRequestedAt);
    }

    [Fact]
    public void Cancel_ExitZeroCommittedFirst_Wins()
    {
        rig.Node("n");
        var id = rig.Submit();
        rig.Cancel(id);
        rig.Exit(id);
        Assert.Equal(TaskState.Succeeded, rig.State(id));
    }

    [Fact]
    public void Cancel_OtherEndsAfterIt_AreCancelledNotRetried()
    {
        rig.Node("n");
        var id = rig.Submit(retry: new RetryPolicy(5, 1, 1, true));
        rig.Cancel(id);
        rig.Exit(id, 143);
        Assert.Equal(TaskState.Cancelled, rig.State(id));
    }

    [Fact]
    public void Cancel_RefusedByTheNode_IsCancelled()
    {
        rig.Node("n");
        var id = rig.Submit();
        rig.Cancel(id);
        rig.Refuse(id);
        Assert.Equal((TaskState.Cancelled, 0, EndReason.Cancelled), (rig.State(id), rig[id].Row.Attempt, rig[id].Row.Reason));
    }

    [Fact]
    public void Cancel_NodeLost_IsCancelled()
    {
        rig.Node("n");
        var id = rig.Submit();
        rig.Start(id);
        rig.Cancel(id);
        rig.Node("n", session: 2, treesDead: true);
        Assert.Equal((TaskState.Cancelled, EndReason.Cancelled), (rig.State(id), rig[id].Row.Reason));
    }

    [Fact]
    public void Cancel_OvertakesTheLostStart_IsNotStartedAgain()
    {
        rig.Node("n");
        var id = rig.Submit();
        rig.Advance(1);
        rig.Cancel(id);
        rig.Advance(rig.Heartbeat);
        var reply = rig.RenewByList("n", 1);
        Assert.Empty(rig.Started);
        Assert.Equal([rig.LeaseOf(id)], reply.Kill);
        rig.Refuse(id);
        Assert.Equal(TaskState.Cancelled, rig.State(id));
    }

    [Fact]
    public void Cancel_LostOnItsWay_IsRepeatedWithEveryHeartbeat()
    {
        rig.Node("n");
        var id = rig.Submit();
        rig.Start(id);
        rig.Cancel(id);
        for (var i = 0; i < 3; i++)
        {
            rig.Advance(rig.Heartbeat);
            Assert.True(rig.RenewByDigest("n", 1, id).NeedsList);
            rig.RenewByList("n", 1, rig.LeaseOf(id));
            Assert.Equal(rig.LeaseOf(id), Assert.Single(Assert.Single(rig.Last.Commands).Cancel));
        }
    }

    [Fact]
    public void Cancel_SurvivesANewOwner()
    {
        rig.Node("n");
        var id = rig.Submit();
        rig.Start(id);
        rig.Cancel(id);
        rig.Restart();
        Assert.Equal(ControlOutcome.Unchanged, rig.Cancel(id));
        rig.Advance(rig.Heartbeat);
        rig.RenewByList("n", 1, rig.LeaseOf(id));
        Assert.Single(Assert.Single(rig.Last.Commands).Cancel);
    }

    [Fact]
    public void Cancel_InTheRoundOfItsSubmission_IsOneFinalRow()
    {
        var submission = rig.Submission();
        rig.Node("n");
        rig.Round((core, draft) =>
        {
            core.Accept(new SubmitRequest([submission], null, null), null, rig.Now, draft);
            Assert.Equal(ControlOutcome.Changed, core.Cancels.Cancel(submission.Id, rig.Now, draft));
        });
        Assert.Equal([TaskState.Queued, TaskState.Cancelled], rig[submission.Id].History);
        Assert.Single(rig.Last.Writes);
    }

    [Fact]
    public void Retry_FailedTask_HasAFreshBudget()
    {
        rig.Node("n");
        var id = rig.Submit(retry: new RetryPolicy(2, 1, 1, true));
        rig.Exit(id, 1);
        rig.Advance(1);
        rig.Exit(id, 1);
        Assert.Equal(TaskState.Failed, rig.State(id));
        Assert.Equal(ControlOutcome.Changed, rig.Retry(id));
        Assert.Equal((TaskState.Assigned, 3, 0), (rig.State(id), rig[id].Row.Attempt, rig[id].Row.Failures));
        rig.Exit(id, 1);
        Assert.Equal(TaskState.Scheduled, rig.State(id));
        rig.Advance(1);
        rig.Exit(id);
        Assert.Equal((TaskState.Succeeded, 4), (rig.State(id), rig[id].Row.Attempt));
        Assert.Equal([1, 2, 3], rig[id].Attempts.Keys);
    }

    [Fact]
    public void Retry_CancelledBeforeItsFirstStart_Runs()
    {
        var id = rig.Submit();
        rig.Cancel(id);
        Assert.Equal(ControlOutcome.Changed, rig.Retry(id));
        Assert.Equal((TaskState.Queued, 0L, 0L), (rig.State(id), rig[id].Row.EndedAt, rig[id].Row.CancelRequestedAt));
        rig.Node("n");
        rig.Exit(id);
        Assert.Equal((TaskState.Succeeded, 1), (rig.State(id), rig[id].Row.Attempt));
    }

    [Fact]
    public void Retry_OtherStates_AreRefused()
    {
        rig.Node("n");
        var open = rig.Submit();
        Assert.Equal(ControlOutcome.NotRetryable, rig.Retry(open));
        rig.Exit(open);
        Assert.Equal(ControlOutcome.NotRetryable, rig.Retry(open));
        var secret = rig.Submit(secret: true);
        rig.Exit(secret, 1);
        Assert.Equal(ControlOutcome.SecretsGone, rig.Retry(secret));
        var expired = rig.Submit(runAt: rig.Now + 50, expiresAt: rig.Now + 10);
        rig.Advance(10);
        Assert.Equal(ControlOutcome.NotRetryable, rig.Retry(expired));
    }

    [Fact]
    public void Retry_TwiceInARound_QueuesOnce()
    {
        var id = rig.Submit();
        rig.Cancel(id);
        var outcomes = new List<ControlOutcome>();
        rig.Round((core, draft) =>
        {
            var stored = rig[id].Open;
            outcomes.Add(core.Admission.Retry(stored, rig.Now, draft));
            outcomes.Add(core.Admission.Retry(stored, rig.Now, draft));
        });
        Assert.Equal([ControlOutcome.Changed, ControlOutcome.NotRetryable], outcomes);
    }
}
