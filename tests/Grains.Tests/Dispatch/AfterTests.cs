using OrleansTasks.Nodes;
using OrleansTasks.Tasks;

namespace OrleansTasks.Grains.Tests.Dispatch;

/// <summary>Tasks that wait for others to end (<c>after</c>), through the whole core.</summary>
public sealed class AfterTests
{
    private readonly CoreRig rig = new();

    [Theory]
    [InlineData(EndCondition.Succeeded, 0, true)]
    [InlineData(EndCondition.Succeeded, 1, false)]
    [InlineData(EndCondition.Failed, 0, false)]
    [InlineData(EndCondition.Failed, 1, true)]
    [InlineData(EndCondition.Ended, 0, true)]
    [InlineData(EndCondition.Ended, 1, true)]
    public void After_ParentExits_ReleasedIfItMeetsTheCondition_ElseSkipped(EndCondition on, int exitCode, bool isMet)
    {
        rig.Node("n", slots: 4);
        var parent = rig.Submit();
        var child = Submit((parent, on));
        Assert.Equal((TaskState.Scheduled, long.MaxValue), (rig.State(child), rig[child].Row.DueAt));

        rig.Exit(parent, exitCode);

        Assert.Equal(isMet ? TaskState.Assigned : TaskState.Cancelled, rig.State(child));
        Assert.Equal(isMet ? EndReason.None : EndReason.Skipped, rig[child].Row.Reason);
        Assert.Equal(isMet ? 1 : 0, rig[child].Row.Attempt);
        Assert.Equal(1, rig.Rounds);
    }

    [Fact]
    public void After_ParentCancelledOrExpired_CountsAsCancelledAndFailed()
    {
        var cancelled = rig.Submit();
        var expiring = rig.Submit(expiresAt: rig.Now + 10);
        TaskId[] skipped = [Submit((cancelled, EndCondition.Succeeded)), Submit((cancelled, EndCondition.Failed)), Submit((expiring, EndCondition.Succeeded))];
        TaskId[] released = [Submit((cancelled, EndCondition.Ended)), Submit((expiring, EndCondition.Failed))];

        rig.Cancel(cancelled);
        rig.Advance(10);

        Assert.All(skipped, id => Assert.Equal((TaskState.Cancelled, EndReason.Skipped), (rig.State(id), rig[id].Row.Reason)));
        Assert.All(released, id => Assert.Equal(TaskState.Queued, rig.State(id)));
    }

    [Fact]
    public void After_Several_WaitsForTheLast_AndIsSkippedByTheFirstThatFails()
    {
        rig.Node("n", slots: 4);
        TaskId[] parents = [rig.Submit(), rig.Submit(), rig.Submit()];
        var all = Submit([.. parents.Select(static id => (id, EndCondition.Succeeded))]);
        var mixed = Submit((parents[0], EndCondition.Succeeded), (parents[2], EndCondition.Failed));

        rig.Exit(parents[0]);
        rig.Exit(parents[1]);
        Assert.Equal([TaskState.Scheduled, TaskState.Scheduled], [rig.State(all), rig.State(mixed)]);
        rig.Exit(parents[2], 1);

        Assert.Equal([TaskState.Cancelled, TaskState.Assigned], [rig.State(all), rig.State(mixed)]);
    }

    [Fact]
    public void After_SkippedParent_SkipsDownwards_AndMeetsEnded_InTheSameRound()
    {
        rig.Node("n", slots: 4);
        var root = rig.Submit();
        var chain = new List<TaskId> { root };
        for (var i = 0; i < 50; i++)
            chain.Add(Submit((chain[^1], EndCondition.Succeeded)));
        var cleanup = Submit((chain[^1], EndCondition.Ended));

        rig.Exit(root, 1);

        Assert.Equal(1, rig.Rounds);
        Assert.All(chain.Skip(1), id => Assert.Equal(EndReason.Skipped, rig[id].Row.Reason));
        Assert.Equal(TaskState.Assigned, rig.State(cleanup));
    }

    [Fact]
    public void After_ParentsThatHaveEnded_DecideAtOnce()
    {
        rig.Node("n", slots: 4);
        var good = rig.Submit();
        var bad = rig.Submit();
        rig.Exit(good);
        rig.Exit(bad, 1);

        var met = Submit((good, EndCondition.Succeeded), (bad, EndCondition.Failed));
        var unmet = Submit((good, EndCondition.Succeeded), (bad, EndCondition.Succeeded));

        Assert.Equal([TaskState.Queued, TaskState.Assigned], rig[met].History);
        Assert.Equal([TaskState.Scheduled, TaskState.Cancelled], rig[unmet].History);
    }

    [Fact]
    public void After_ClockIsSetBackOnceTheTimeHasComeAndThenTheParentEnds_StartsAtItsTime()
    {
        rig.Node("n");
        var parent = rig.Submit();
        var child = rig.Submit(runAt: rig.Now + 100, after: [new(parent, EndCondition.Ended)]);
        rig.Advance(200);
        rig.SetClock(-1_000);
        rig.End(rig.LeaseOf(parent), EndReason.Exit, 0);
        Assert.Equal(TaskState.Scheduled, rig.State(child));
        rig.Offer("n", 1);
        rig.Advance(1_000);
        Assert.Equal(TaskState.Assigned, rig.State(child));
    }

    [Fact]
    public void After_ParentEndsInTheRoundOfTheSubmission_ItsEndCounts()
    {
        rig.Node("n", slots: 4);
        var parent = rig.Submit();
        var lease = rig.LeaseOf(parent);
        var operation = new SubmitOperation([Request(null, (parent, EndCondition.Succeeded))]);
        var lookup = new Lookup();
        operation.Ask(lookup);
        lookup.Know(rig[parent].Open);
        SubmitReply? reply = null;
        rig.Round((core, draft) =>
        {
            core.Reports.Take(new NodeReport("n", 1, [], [CoreRig.Result(lease, EndReason.Exit, 1)], []), rig.Now, draft);
            operation.Apply(core, lookup, rig.Now, draft);
            operation.Complete();
            reply = operation.Task.Result[0];
        });

        Assert.Equal(SubmitOutcome.Accepted, reply!.Outcome);
        Assert.Equal(EndReason.Skipped, rig.Store.Tasks.Values.Last().Row.Reason);
    }

    [Fact]
    public void Submit_UnknownParents_AreNamed_AndNothingIsAccepted()
    {
        var known = rig.Submit();
        var unknown = new TaskId(9, 9);
        var request = new SubmitRequest(
            [rig.Submission(after: [new(known, EndCondition.Ended)]), rig.Submission(after: [new(known, EndCondition.Ended), new(unknown, EndCondition.Ended)])],
            new TaskId(1, 1), null);
        // Of a batch, not the batch's own.
        var own = new SubmitRequest([request.Tasks[0], rig.Submission(after: [new(request.Tasks[0].Id, EndCondition.Ended)])], new TaskId(1, 2), null);

        Assert.Equal((SubmitOutcome.UnknownTask, "1.1"), Told(Ask(request)));
        Assert.Equal((SubmitOutcome.UnknownTask, "1.0"), Told(Ask(own)));
        Assert.Equal([known], rig.Store.Tasks.Keys);

        static (SubmitOutcome, string) Told(SubmitReply reply) =>
            (reply.Outcome, string.Join(' ', (reply.Unknown ?? []).Select(static place => $"{place.Task}.{place.Item}")));
    }

    [Fact]
    public void Submit_RepeatedAfterItLanded_IsAccepted_AlsoIfItsParentIsGone()
    {
        var parent = rig.Submit();
        var request = Request(null, (parent, EndCondition.Ended));
        Assert.Equal(SubmitOutcome.Accepted, Ask(request).Outcome);
        rig.Cancel(parent);
        rig.Store.Tasks.Remove(parent);

        Assert.Equal(SubmitOutcome.Accepted, Ask(request with { Repeated = true }).Outcome);
        Assert.Single(rig.Store.Tasks);
    }

    [Fact]
    public void After_WithRunAt_WaitsForBoth()
    {
        var parent = rig.Submit();
        var early = rig.Submit(runAt: rig.Now + 100, after: [new(parent, EndCondition.Ended)]);
        var late = rig.Submit(runAt: rig.Now + 300, after: [new(parent, EndCondition.Ended)]);

        rig.Advance(200);
        Assert.Equal([TaskState.Scheduled, TaskState.Scheduled], [rig.State(early), rig.State(late)]);
        rig.Cancel(parent);
        Assert.Equal([TaskState.Queued, TaskState.Scheduled], [rig.State(early), rig.State(late)]);
        rig.Restart();
        rig.Round();
        Assert.Equal(TaskState.Scheduled, rig.State(late));
        rig.Advance(100);
        Assert.Equal(TaskState.Queued, rig.State(late));
    }

    [Fact]
    public void After_HeldTask_MayExpireAndBeCancelled_AndCountsAsScheduled()
    {
        var parent = rig.Submit();
        var expiring = rig.Submit(expiresAt: rig.Now + 10, after: [new(parent, EndCondition.Ended)]);
        var cancelled = Submit((parent, EndCondition.Ended));
        var behind = Submit((cancelled, EndCondition.Ended));
        Assert.Equal((3, 1), (rig.Core.Status.Scheduled, rig.Core.Status.Queued));

        rig.Cancel(cancelled);
        rig.Advance(10);

        Assert.Equal((EndReason.Expired, EndReason.Cancelled), (rig[expiring].Row.Reason, rig[cancelled].Row.Reason));
        Assert.Equal(TaskState.Queued, rig.State(behind));
        rig.Cancel(parent);
        Assert.Equal((TaskState.Failed, TaskState.Cancelled), (rig.State(expiring), rig.State(cancelled)));
    }

    [Fact]
    public void Retry_OfASkippedTask_DisregardsAfter_AlsoAfterARestart()
    {
        rig.Node("n", slots: 1);
        var parent = rig.Submit();
        var child = Submit((parent, EndCondition.Succeeded));
        rig.Exit(parent, 1);

        Assert.Equal(ControlOutcome.Changed, rig.Retry(child));
        rig.Restart();
        rig.Round();

        Assert.Equal(TaskState.Assigned, rig.State(child));
        rig.Exit(child);
        Assert.Equal(TaskState.Succeeded, rig.State(child));
    }

    [Fact]
    public void Retry_OfAParent_RevivesNoneThatWasSkipped_AndIsWaitedForAgain()
    {
        rig.Node("n", slots: 1);
        var parent = rig.Submit();
        var other = rig.Submit(requires: "zone=a");
        var skipped = Submit((parent, EndCondition.Succeeded));
        var waiting = Submit((parent, EndCondition.Failed), (other, EndCondition.Ended));
        rig.Exit(parent, 1);
        rig.Retry(parent);

        rig.Cancel(other);

        // Its parent runs again: what it did before does not count any more, with or without a restart.
        Assert.Equal((TaskState.Cancelled, TaskState.Scheduled), (rig.State(skipped), rig.State(waiting)));
        rig.Restart();
        rig.Round();
        Assert.Equal(TaskState.Scheduled, rig.State(waiting));
        rig.Exit(parent);
        Assert.Equal(EndReason.Skipped, rig[waiting].Row.Reason);
    }

    [Fact]
    public void Restart_ParentsOpenEndedAndRemoved_AreFoundAgain()
    {
        rig.Node("n", slots: 4);
        TaskId[] parents = [rig.Submit(), rig.Submit(), rig.Submit(priority: 0, requires: "zone=a")];
        var child = rig.Submit(priority: 9, after: [.. parents.Select(static id => new TaskDependency(id, EndCondition.Succeeded))]);
        rig.Exit(parents[0]);
        rig.Exit(parents[1]);
        // Retention removes one that has ended.
        rig.Store.Tasks.Remove(parents[1]);

        rig.Restart();
        rig.Round();
        Assert.Equal(TaskState.Scheduled, rig.State(child));
        Assert.Equal([parents[2]], rig.Core.Waits.Of(child).Reasons[0].Tasks!.Value);
        rig.Node("z", labels: "zone=a");
        rig.Exit(parents[2]);

        Assert.Equal(TaskState.Assigned, rig.State(child));
    }

    [Fact]
    public void Restart_RoundWithTheEndIsLost_TheNextOwnerDecidesTheSame()
    {
        rig.Node("n", slots: 4);
        var parent = rig.Submit();
        var children = Enumerable.Range(0, 10).Select(_ => Submit((parent, EndCondition.Succeeded))).ToArray();
        var lease = rig.LeaseOf(parent);
        rig.Lose((core, draft) => core.Reports.Take(
            new NodeReport("n", 1, [], [CoreRig.Result(lease, EndReason.Exit, 1)], []), rig.Now, draft));
        rig.Round();
        Assert.All(children, id => Assert.Equal(TaskState.Scheduled, rig.State(id)));

        rig.End(lease, EndReason.Exit, 0);

        Assert.All(children, id => Assert.NotEqual(TaskState.Scheduled, rig.State(id)));
    }

    [Fact]
    public void Bounds_OneParentOfMany_IsDoneInRounds_AndGoesOnAfterARestart()
    {
        var bounded = new CoreRig(new DispatchOptions { Round = new RoundBounds { Releases = 10 } });
        var parent = bounded.Submit();
        ImmutableArray<TaskSubmission> all = [.. Enumerable.Range(0, 95).Select(_ => bounded.Submission(after: [new(parent, EndCondition.Ended)]))];
        bounded.Round((core, draft) =>
            core.Accept(new SubmitRequest(all, null, null), null, bounded.Now, draft, id => bounded[id].Row));
        var draft = new CommitDraft();
        bounded.Core.Cancels.Cancel(parent, bounded.Now, draft);
        bounded.Core.Tick(bounded.Now, draft);
        bounded.Store.Apply(draft, bounded.Core);
        Assert.Equal((10, true, 0), (bounded.Core.Status.Queued, bounded.Core.IsBehind(bounded.Now), bounded.Core.NextTime));

        var why = Assert.Single(bounded.Core.Waits.Of(all[^1].Id).Reasons);
        Assert.Equal(("waiting-for", 0), (why.Code, why.Count));

        // The rest of the work list is in memory alone.
        bounded.Restart();
        bounded.Round();

        Assert.Equal(9, bounded.Rounds);
        Assert.Equal((95, 0), (bounded.Core.Status.Queued, bounded.Core.Status.Scheduled));
    }

    [Fact]
    public void Why_HeldTask_NamesUpToTenThatItWaitsFor_AndCountsAll()
    {
        TaskId[] parents = [.. Enumerable.Range(0, 12).Select(_ => rig.Submit())];
        var child = rig.Submit(runAt: rig.Now + 50, after: [.. parents.Select(static id => new TaskDependency(id, EndCondition.Ended))]);
        rig.Cancel(parents[0]);

        var why = rig.Core.Waits.Of(child);

        Assert.Equal(["not-before", "waiting-for"], why.Reasons.Select(static reason => reason.Code));
        Assert.Equal(11, why.Reasons[1].Count);
        Assert.Equal(parents[1..11], why.Reasons[1].Tasks!.Value);
        Assert.Null(why.EstimatedStart);
    }

    private TaskId Submit(params ImmutableArray<(TaskId Task, EndCondition On)> after) =>
        rig.Submit(after: [.. after.Select(static one => new TaskDependency(one.Task, one.On))]);

    private SubmitRequest Request(TaskId? batch, params ImmutableArray<(TaskId Task, EndCondition On)> after) =>
        new([rig.Submission(after: [.. after.Select(static one => new TaskDependency(one.Task, one.On))])], batch, null);

    private SubmitReply Ask(SubmitRequest request)
    {
        var operation = new SubmitOperation([request]);
        var lookup = new Lookup();
        operation.Ask(lookup);
        foreach (var task in rig.Store.Tasks.Values)
            lookup.Know(task.Open);
        rig.Round((core, draft) => operation.Apply(core, lookup, rig.Now, draft));
        operation.Complete();
        return operation.Task.Result[0];
    }
}
