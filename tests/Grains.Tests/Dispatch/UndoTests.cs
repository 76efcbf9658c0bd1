using OrleansTasks.Audit;
using OrleansTasks.Queues;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Grains.Tests.Dispatch;

/// <summary>Cancels and retries that are undone: through the operations and the whole core, with a store of rows.</summary>
public sealed class UndoTests
{
    private const long Fingerprint = 77;
    private readonly CoreRig rig = new();
    private readonly SortedDictionary<(TaskId Operation, long No), UndoRow> rows = [];
    private ulong lastOperation;

    [Fact]
    public void Cancel_OfAQueuedTask_Undone_IsAsItWasInItsOldPlace()
    {
        var first = rig.Submit();
        var before = rig[first].Row;
        var second = rig.Submit();
        var operation = Cancel(first);
        Assert.Equal(TaskState.Cancelled, rig.State(first));

        Assert.Equal([UndoOutcome.Undone], Undo(operation));

        Assert.Equal(before, rig[first].Row);
        Assert.Equal(2, rig.Core.Status.Queued);
        rig.Node("n");
        Assert.Equal([first], rig.Started);
        Assert.Equal(TaskState.Queued, rig.State(second));
        rig.Exit(first);
        Assert.Equal(TaskState.Succeeded, rig.State(first));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Cancel_OfATaskWithAUniqueKey_Undone_HoldsItAgain_UnlessAnotherTaskDoes(bool isTaken)
    {
        var task = SubmitUnique();
        var operation = Cancel(task);
        var other = isTaken ? SubmitUnique() : default;

        Assert.Equal([isTaken ? UndoOutcome.Changed : UndoOutcome.Undone], Undo(operation));

        Assert.Equal(isTaken ? TaskState.Cancelled : TaskState.Queued, rig.State(task));
        var reply = default(SubmitReply);
        rig.Round((core, draft) => reply = core.Uniques.ReplyOf(Unique(), rig.Now, draft));
        Assert.Equal((SubmitOutcome.NotUnique, isTaken ? other : task), (reply!.Outcome, reply.Holder!.Value));

        TaskSubmission Unique() => rig.Submission() with { Unique = new TaskUnique("k", UniqueWhile.Open, UniqueThen.Refuse) };

        TaskId SubmitUnique()
        {
            var submission = Unique();
            rig.Round((core, draft) => core.Accept(new SubmitRequest([submission], null, null), null, rig.Now, draft));
            return submission.Id;
        }
    }

    [Fact]
    public void Cancel_OfAScheduledTask_Undone_WaitsForItsTimeAgain()
    {
        var task = rig.Submit(runAt: rig.Now + 1_000);
        var before = rig[task].Row;
        var operation = Cancel(task);

        Undo(operation);

        Assert.Equal(before, rig[task].Row);
        rig.Advance(1_000);
        Assert.Equal(TaskState.Queued, rig.State(task));
    }

    [Fact]
    public void Cancel_InABackoff_Undone_KeepsItsFailuresAndLastAttempt()
    {
        rig.Node("n");
        var task = rig.Submit(retry: new RetryPolicy(3, 1_000, 1_000, OnNodeLost: true));
        rig.Exit(task, 1);
        var before = rig[task].Row;
        Assert.Equal(TaskState.Scheduled, before.State);
        var operation = Cancel(task);

        Undo(operation);

        Assert.Equal(before with { NodeSession = 0 }, rig[task].Row with { NodeSession = 0 });
        rig.Advance(1_000);
        Assert.Equal((TaskState.Assigned, 2), (rig.State(task), rig[task].Row.Attempt));
    }

    [Fact]
    public void Cancel_OfATaskThatWaits_Undone_WaitsAgain_AndKnowsParentsThatEndedMeanwhile()
    {
        rig.Node("n");
        var parent = rig.Submit();
        var child = rig.Submit(after: [new TaskDependency(parent, EndCondition.Succeeded)]);
        var operation = Cancel(child);
        rig.Exit(parent);

        Undo(operation);
        Assert.Equal(TaskState.Scheduled, rig.State(child));
        Assert.True(rig.Core.HasUnknownParents);
        LearnParents();

        Assert.Equal(TaskState.Assigned, rig.State(child));
    }

    [Fact]
    public void Cancel_OfATaskAtANode_IsLeft()
    {
        rig.Node("n");
        var task = rig.Submit();
        var operation = Cancel(task);

        Assert.Equal([UndoOutcome.Started], Undo(operation));
        Assert.NotEqual(0, rig[task].Row.CancelRequestedAt);
    }

    [Fact]
    public void Cancel_OfATaskThatOthersWaitFor_IsLeft()
    {
        var parent = rig.Submit();
        var child = rig.Submit(after: [new TaskDependency(parent, EndCondition.Ended)]);
        var operation = Cancel(parent);
        Assert.Equal(TaskState.Queued, rig.State(child));

        Assert.Equal([UndoOutcome.Dependents], Undo(operation));
        Assert.Equal(TaskState.Cancelled, rig.State(parent));
    }

    [Fact]
    public void Cancel_OfATaskWithSecrets_IsLeft()
    {
        var operation = Cancel(rig.Submit(secret: true));

        Assert.Equal([UndoOutcome.SecretsGone], Undo(operation));
    }

    [Fact]
    public void Cancel_OfATaskWhoseTimeIsOver_IsLeft()
    {
        var operation = Cancel(rig.Submit(expiresAt: rig.Now + 10));
        rig.Advance(10);

        Assert.Equal([UndoOutcome.Expired], Undo(operation));
    }

    [Fact]
    public void Cancel_WhenTheQueueIsFullSince_IsLeft()
    {
        rig.Configure(QueueSettings.DefaultOf(QueueSettings.DefaultQueue) with { MaxDepth = 1 });
        var operation = Cancel(rig.Submit());
        rig.Submit();

        Assert.Equal([UndoOutcome.QueueFull], Undo(operation));
    }

    [Fact]
    public void Cancel_OfATaskThatWasRetriedAndCancelledAgain_IsLeft_TheSecondIsUndone()
    {
        var task = rig.Submit();
        var first = Cancel(task);
        rig.Pass(1);
        Retry(task);
        var second = Cancel(task);

        Assert.Equal([UndoOutcome.Changed], Undo(first));
        Assert.Equal([UndoOutcome.Undone], Undo(second));
        Assert.Equal(TaskState.Queued, rig.State(task));
    }

    [Theory]
    [InlineData(UndoRow.Term - 1, UndoOutcome.Undone)]
    [InlineData(UndoRow.Term, UndoOutcome.TooLate)]
    public void Cancel_UndoneLater_OnlyWithinTheTerm(long later, UndoOutcome outcome)
    {
        var operation = Cancel(rig.Submit());
        rig.Advance(later);

        Assert.Equal([outcome], Undo(operation));
    }

    [Fact]
    public async Task Undo_Repeated_ChangesNothingAndSaysTheSame_AlsoInOneRound()
    {
        var task = rig.Submit();
        var operation = Cancel(task);
        var request = new UndoRequest(operation, 0);
        var (first, second) = (new UndoOperation(request), new UndoOperation(request));
        var lookup = LookUp(operation);
        rig.Round((core, draft) =>
        {
            first.Apply(core, lookup, rig.Now, draft);
            second.Apply(core, lookup, rig.Now, draft);
        });
        Keep();
        first.Complete();
        second.Complete();
        Assert.Equal((await first.Task).Counts, (await second.Task).Counts);
        rig.Node("n");

        Assert.Equal([UndoOutcome.Undone], Undo(operation));
        Assert.Equal(TaskState.Assigned, rig.State(task));
    }

    [Fact]
    public void Undo_ByANewOwner_DoesTheSame()
    {
        var task = rig.Submit();
        var before = rig[task].Row;
        var operation = Cancel(task);
        rig.Restart();

        Assert.Equal([UndoOutcome.Undone], Undo(operation));
        rig.Restart();

        Assert.Equal(before, rig[task].Row);
        rig.Node("n");
        Assert.Equal(TaskState.Assigned, rig.State(task));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Retry_Undone_HasItsOldEnd(bool failed)
    {
        var task = rig.Submit();
        if (failed)
        {
            rig.Node("n");
            rig.Exit(task, 3);
            rig.NodeGone("n");
        }
        else
            Cancel(task);
        var before = rig[task].Row;
        rig.Advance(5);
        var operation = Retry(task);
        Assert.Equal(TaskState.Queued, rig.State(task));

        Assert.Equal([UndoOutcome.Undone], Undo(operation));

        Assert.Equal(before, rig[task].Row);
        Assert.Equal(failed ? Fingerprint : null, rig.Last.Writes.Single().Fingerprint);
        Assert.Equal((0, 0), (rig.Core.Status.Queued, rig.Core.OpenCount));
        Retry(task);
        rig.Node("m");
        Assert.Equal(TaskState.Assigned, rig.State(task));
    }

    [Fact]
    public void Retry_OfATaskThatHasStartedSince_IsLeft_AlsoWhenItHasEnded()
    {
        rig.Node("n");
        var task = rig.Submit(retry: new RetryPolicy(1, 1_000, 1_000, OnNodeLost: true));
        rig.Exit(task, 1);
        var first = Retry(task);
        Assert.Equal(TaskState.Assigned, rig.State(task));
        Assert.Equal([UndoOutcome.Started], Undo(first));
        rig.Exit(task, 1);
        var second = Retry(task);
        rig.Exit(task, 1);
        Assert.Equal([UndoOutcome.Started], Undo(second));
    }

    [Fact]
    public void Retry_WhoseAttemptWasGivenBackBeforeItStarted_IsUndone()
    {
        rig.Node("n");
        var task = rig.Submit();
        rig.Exit(task, 1);
        var before = rig[task].Row;
        var operation = Retry(task);
        rig.Configure(QueueSettings.DefaultOf(QueueSettings.DefaultQueue) with { Paused = true });
        rig.Refuse(task);
        Assert.Equal(TaskState.Queued, rig.State(task));

        Assert.Equal([UndoOutcome.Undone], Undo(operation));
        Assert.Equal(before, rig[task].Row);
    }

    [Fact]
    public void Retry_Undone_ItsConcurrencyKeyIsFree()
    {
        var key = new TaskConcurrency("k", 1);
        var first = rig.Submit(concurrency: key);
        Cancel(first);
        var operation = Retry(first);
        var second = rig.Submit(concurrency: key);

        Undo(operation);
        rig.Node("n");

        Assert.Equal(TaskState.Assigned, rig.State(second));
    }

    [Fact]
    public void Cancel_Undone_TakesItsTurnAtItsConcurrencyKey()
    {
        var key = new TaskConcurrency("k", 1);
        var first = rig.Submit(concurrency: key);
        var second = rig.Submit(concurrency: key);
        var operation = Cancel(first);

        Undo(operation);
        rig.Node("n", slots: 2);

        Assert.Equal((TaskState.Assigned, TaskState.Queued), (rig.State(first), rig.State(second)));
    }

    [Fact]
    public void Undo_IsRecordedWithItsCount()
    {
        var task = rig.Submit();
        var operation = Cancel(task);
        var origin = new Origin(new TaskId(9, 9), AuditActions.UndoTasks, operation.ToString());
        var undo = new UndoOperation(new UndoRequest(operation, 0), origin);

        rig.Round((core, draft) => undo.Apply(core, LookUp(operation), rig.Now, draft));

        Assert.Equal([(origin, 1L)], rig.Last.Audit.Select(static record => (record.Origin, record.Count)));
    }

    private TaskId Cancel(params TaskId[] ids) =>
        Do(origin => new CancelOperation([.. ids], origin), AuditActions.CancelTasks);

    private TaskId Retry(params TaskId[] ids) =>
        Do(origin => new RetryOperation([.. ids], passesOverQuarantined: false, origin), AuditActions.RetryTasks, ids);

    private TaskId Do(Func<Origin, DispatchOperation> make, string action, params TaskId[] ids)
    {
        var origin = new Origin(new TaskId(1, ++lastOperation), action, null);
        var lookup = new Lookup();
        foreach (var id in ids)
            lookup.Know(rig[id].Open);
        var kept = default(UndoCommit);
        rig.Round((core, draft) =>
        {
            make(origin).Apply(core, lookup, rig.Now, draft);
            kept = draft.Undo;
        });
        foreach (var row in kept!.Kept)
        {
            long? fingerprint = row.Before.State == TaskState.Failed ? Fingerprint : null;
            rows[(row.Operation, row.Before.No)] = row with { Fingerprint = fingerprint };
        }

        return origin.Id;
    }

    private UndoOutcome[] Undo(TaskId operation)
    {
        var undo = new UndoOperation(new UndoRequest(operation, 0));
        var lookup = LookUp(operation);
        rig.Round((core, draft) => undo.Apply(core, lookup, rig.Now, draft));
        Keep();
        undo.Complete();
        Assert.Equal(0, undo.Task.Result.Next);
        var counts = undo.Task.Result.Counts;
        return [.. UndoOutcomes.All.SelectMany(outcome => Enumerable.Repeat(outcome, counts[(int)outcome]))];
    }

    // What the store does with the decisions of the last round.
    private void Keep()
    {
        foreach (var (operation, no, outcome) in rig.Last.Undo?.Decided ?? [])
            rows[(operation, no)] = rows[(operation, no)] with { Outcome = outcome };
    }

    private Lookup LookUp(TaskId operation)
    {
        var lookup = new Lookup();
        ImmutableArray<UndoRow> found = [.. rows.Values.Where(row => row.Operation == operation)];
        lookup.Know(new UndoRequest(operation, 0), found);
        foreach (var row in found)
            lookup.Know(rig[row.Before.Id].Open);
        return lookup;
    }

    private void LearnParents()
    {
        var asked = rig.Core.UnknownParents(10);
        rig.Core.LearnParents(asked, [.. asked.Where(rig.Store.Tasks.ContainsKey).Select(id => rig[id].Open)], rig.Now);
        rig.Round();
    }
}
