using OrleansTasks.Tasks;

namespace OrleansTasks.Grains.Tests.Dispatch;

/// <summary>Accepting requests, and idempotency keys.</summary>
public sealed class SubmitTests
{
    private readonly CoreRig rig = new();

    [Fact]
    public void Submit_Batch_IsAcceptedInOrder()
    {
        var request = new SubmitRequest([.. Enumerable.Range(0, 50).Select(_ => rig.Submission())], new TaskId(1, 1), null);
        Assert.Equal(SubmitOutcome.Accepted, Submit(request)[0].Outcome);
        Assert.Equal(request.Tasks.Select(static task => task.Id), rig.Store.Waiting.Select(static task => task.Row.Id));
        Assert.All(rig.Last.Writes, static write => Assert.Equal(new TaskId(1, 1), write.Batch));
    }

    [Fact]
    public void Submit_KnownKeyWithTheSameBody_AnswersTheFirstAnswer()
    {
        Submit(WithKey("k", "body", "first"));
        var reply = Submit(WithKey("k", "body", "second"))[0];
        Assert.Equal(SubmitOutcome.Replayed, reply.Outcome);
        Assert.Equal("first"u8.ToArray(), reply.Answer.ToArray());
        Assert.Single(rig.Store.Tasks);
    }

    [Fact]
    public void Submit_KnownKeyWithAnotherBody_IsRefused()
    {
        Submit(WithKey("k", "body", "first"));
        Assert.Equal(SubmitOutcome.KeyReused, Submit(WithKey("k", "other", "second"))[0].Outcome);
        Assert.Single(rig.Store.Tasks);
    }

    [Fact]
    public void Submit_HundredRequestsWithOneKeyInOneRound_CreateOneTaskAndSpareTheOthers()
    {
        SubmitRequest[] requests =
        [
            .. Enumerable.Range(0, 100).Select(i => i % 2 == 0 ? WithKey("k", "body", $"{i}") : WithKey($"other{i}", "b", "a")),
        ];
        var replies = Submit(requests);
        Assert.Equal(SubmitOutcome.Accepted, replies[0].Outcome);
        Assert.All(replies.Where((_, i) => i > 0 && i % 2 == 0), static reply => Assert.Equal("0"u8.ToArray(), reply.Answer.ToArray()));
        Assert.All(replies.Where((_, i) => i % 2 == 1), static reply => Assert.Equal(SubmitOutcome.Accepted, reply.Outcome));
        Assert.Equal(51, rig.Store.Tasks.Count);
    }

    [Fact]
    public void Submit_RepeatedAfterAnUnknownOutcome_AcceptsWhatIsNotStored()
    {
        var first = new SubmitRequest([rig.Submission(), rig.Submission()], null, null);
        Submit(first);
        rig.Node("n");
        var repeat = first with { Tasks = [.. first.Tasks, rig.Submission()], Repeated = true };
        Assert.Equal(SubmitOutcome.Accepted, Submit(repeat)[0].Outcome);
        Assert.Equal(3, rig.Store.Tasks.Count);
        rig.Exit(first.Tasks[0].Id);
        Submit(repeat);
        Assert.Equal(3, rig.Store.Tasks.Count);
        Assert.Equal(TaskState.Succeeded, rig.State(first.Tasks[0].Id));
    }

    [Fact]
    public void Submit_SlotIsFree_IsAcceptedAndAssignedInOneCommit()
    {
        rig.Node("n", slots: 2);
        var sequence = rig.Store.Sequence;
        var id = rig.Submit();
        Assert.Equal(TaskState.Assigned, rig.State(id));
        Assert.Equal(sequence + 1, rig.Store.Sequence);
    }

    [Fact]
    public void Status_AllKindsOfTasks_CountsThem()
    {
        rig.Node("n");
        rig.Submit();
        rig.Advance(10);
        var oldest = rig.Now;
        rig.Submit();
        rig.Advance(10);
        rig.Submit(priority: 9);
        rig.Submit(runAt: rig.Now + 1_000);
        var status = rig.Core.Status;
        Assert.Equal((1, 2, 1, oldest), (status.Scheduled, status.Queued, status.Running, status.OldestQueuedAt));
    }

    private ImmutableArray<SubmitReply> Submit(params SubmitRequest[] requests)
    {
        var operation = new SubmitOperation([.. requests]);
        var lookup = new Lookup();
        operation.Ask(lookup);
        foreach (var entry in rig.Store.Idempotency.Values)
            lookup.Remember(entry);
        foreach (var task in rig.Store.Tasks.Values)
            lookup.Know(task.Open);
        rig.Round((core, draft) => operation.Apply(core, lookup, rig.Now, draft));
        operation.Complete();
        return operation.Task.Result;
    }

    private SubmitRequest WithKey(string key, string body, string answer) =>
        new([rig.Submission()], null, new IdempotencyEntry(Bytes(key), Bytes(body), Bytes(answer)));

    private static byte[] Bytes(string text) => System.Text.Encoding.UTF8.GetBytes(text);
}
