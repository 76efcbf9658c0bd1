using OrleansTasks.Feed;
using OrleansTasks.Storage;
using OrleansTasks.Storage.Memory;
using OrleansTasks.Tasks;

namespace OrleansTasks.Grains.Tests.Cluster;

/// <summary>The dispatcher's shell: its commit loop, and what it does when the store fails.</summary>
public sealed class DispatcherGrainTests
{
    [Fact]
    public async Task Submit_ManyCallsWhileACommitIsUnderWay_ShareTheNextCommit()
    {
        await using var cluster = await GrainCluster.StartAsync();
        await cluster.Submit();
        var feed = await cluster.Listen();
        cluster.Memory.Hold();
        Task<SubmitReply>[] calls = [.. Enumerable.Range(0, 200).Select(_ => cluster.Send(cluster.Request()))];
        await cluster.Arrivals.Of("Submit", 201);
        cluster.Memory.Release();
        Assert.All(await Task.WhenAll(calls), static reply => Assert.Equal(SubmitOutcome.Accepted, reply.Outcome));
        int[] sizes = [(await feed.Next()).Entries.Length, (await feed.Next()).Entries.Length];
        Assert.Equal(200, sizes.Sum());
    }

    [Fact]
    public async Task Commit_Fails_EveryCallerIsToldAndTheNextCallWorks()
    {
        await using var cluster = await GrainCluster.StartAsync();
        await cluster.Submit();
        cluster.Memory.Hold();
        cluster.Memory.Faults.Next(CommitFault.Fail);
        SubmitRequest[] requests = [.. Enumerable.Range(0, 50).Select(_ => cluster.Request())];
        Task[] calls = [.. requests.Select(cluster.Send)];
        await cluster.Arrivals.Of("Submit", 51);
        cluster.Memory.Release();
        foreach (var call in calls)
            await Assert.ThrowsAsync<StoreUnavailableException>(() => call);
        Assert.All(requests, request => Assert.Null(cluster.Memory.Get(request.Tasks[0].Id).Result));
        var id = await cluster.Submit();
        Assert.Equal(TaskState.Queued, (await cluster.Get(id)).State);
        Assert.Equal(2, (await cluster.Dispatcher.GetStatus().Soon()).Queued);
    }

    [Fact]
    public async Task Commit_AnotherOwnerTookOver_IsFencedAndTheNextCallWorks()
    {
        await using var cluster = await GrainCluster.StartAsync();
        var first = await cluster.Submit();
        await cluster.Memory.TakeEpoch(GrainCluster.Key, null, TestContext.Current.CancellationToken);
        var request = cluster.Request();
        await Assert.ThrowsAsync<StoreUnavailableException>(() => cluster.Send(request));
        Assert.Null(await cluster.Memory.Get(request.Tasks[0].Id));
        await cluster.Submit();
        Assert.Equal(TaskState.Queued, (await cluster.Get(first)).State);
    }

    [Fact]
    public async Task Commit_OldActivationLivesOn_IsFencedByTheNewOne()
    {
        await using var cluster = await GrainCluster.StartAsync();
        await cluster.Submit();
        cluster.Memory.Hold();
        var lost = cluster.Send(cluster.Request());
        await cluster.Arrivals.Of("Submit", 2);
        Assert.True(await cluster.Host.Forget(cluster.Dispatcher));
        var status = cluster.Dispatcher.GetStatus();
        cluster.Memory.Release();
        await Task.WhenAll(lost, status).Soon();
        Assert.Equal(2, (await cluster.Dispatcher.GetStatus().Soon()).Queued);
        await cluster.Submit();
        Assert.Equal(3, (await cluster.Memory.ListQueues())[0].Queued);
    }

    [Fact]
    public async Task Commit_OutcomeUnknownButLanded_CallersGetTheirAnswer()
    {
        await using var cluster = await GrainCluster.StartAsync();
        await cluster.Submit();
        cluster.Memory.Faults.Next(CommitFault.UnknownLanded);
        var id = await cluster.Submit();
        Assert.Equal(TaskState.Queued, (await cluster.Get(id)).State);
        await cluster.Submit();
        Assert.Equal(3, (await cluster.Dispatcher.GetStatus().Soon()).Queued);
    }

    [Fact]
    public async Task Commit_OutcomeUnknownAndNotLanded_NothingIsAccepted()
    {
        await using var cluster = await GrainCluster.StartAsync();
        await cluster.Submit();
        cluster.Memory.Faults.Next(CommitFault.UnknownLost);
        var request = cluster.Request();
        await Assert.ThrowsAsync<StoreUnavailableException>(() => cluster.Send(request));
        Assert.Null(await cluster.Memory.Get(request.Tasks[0].Id));
        await cluster.Submit();
        Assert.Equal(2, (await cluster.Dispatcher.GetStatus().Soon()).Queued);
    }

    [Fact]
    public async Task Commit_OutcomeUnknownAndNobodyCanTell_SaysSo()
    {
        await using var cluster = await GrainCluster.StartAsync();
        await cluster.Submit();
        cluster.Memory.Faults.Next(CommitFault.UnknownLost);
        cluster.Memory.Faults.Decide = null;
        cluster.Gate.Close(nameof(ITaskStore.TakeEpoch));
        var call = cluster.Send(cluster.Request());
        await cluster.Gate.Reached.Soon();
        await cluster.Memory.TakeEpoch(GrainCluster.Key, null, TestContext.Current.CancellationToken);
        cluster.Gate.Open();
        await Assert.ThrowsAsync<OutcomeUnknownException>(() => call);
        await cluster.Submit();
    }

    [Fact]
    public async Task Commit_OutcomeUnknownAndTheStoreIsAway_OtherCallersAreRefusedAtOnceAndTheirTasksStoredNowhere()
    {
        await using var cluster = await GrainCluster.StartAsync();
        await cluster.Submit();
        cluster.Memory.Hold();
        cluster.Memory.Faults.Next(CommitFault.UnknownLost);
        cluster.Gate.FailAfter(nameof(ITaskStore.TakeEpoch), 0);
        cluster.Gate.Close(nameof(ITaskStore.TakeEpoch));
        var inCommit = cluster.Send(cluster.Request());
        await cluster.Arrivals.Of("Submit", 2);
        var waiting = cluster.Request();
        var refused = cluster.Send(waiting);
        await cluster.Arrivals.Of("Submit", 3);
        cluster.Memory.Release();
        await cluster.Gate.Failed.Soon();

        await Assert.ThrowsAsync<StoreUnavailableException>(() => refused);
        await Assert.ThrowsAsync<StoreUnavailableException>(() => cluster.Send(cluster.Request()));
        Assert.False(inCommit.IsCompleted);
        cluster.Gate.Open();

        // The store answers again, and tells that the commit has not landed.
        await Assert.ThrowsAsync<StoreUnavailableException>(() => inCommit);
        await cluster.Submit();
        Assert.Null(await cluster.Memory.Get(waiting.Tasks[0].Id));
        Assert.Equal(2, (await cluster.Dispatcher.GetStatus().Soon()).Queued);
    }

    [Fact]
    public async Task Commit_OneRequestCannotBeStored_FailsAloneAndTheOthersAreAccepted()
    {
        await using var cluster = await GrainCluster.StartAsync();
        var first = await cluster.Submit();
        SubmitRequest[] requests = [.. Enumerable.Range(0, 5).Select(_ => cluster.Request())];
        var bad = requests[2].Tasks[0].Id;
        cluster.Memory.Faults.Decide = commit =>
            commit.Writes.Any(write => write.Row.Id == bad) ? CommitFault.Refuse : CommitFault.None;
        cluster.Memory.Hold();
        var before = cluster.Send(cluster.Request());
        await cluster.Arrivals.Of("Submit", 2);
        var together = cluster.Dispatcher.Submit([.. requests]);
        var cancel = cluster.Dispatcher.Cancel([first]);
        await cluster.Arrivals.Of("Submit", 3);
        await cluster.Arrivals.Of("Cancel", 1);
        cluster.Memory.Release();
        Assert.Equal(SubmitOutcome.Accepted, (await before).Outcome);
        Assert.Equal(
            [SubmitOutcome.Accepted, SubmitOutcome.Accepted, SubmitOutcome.Refused, SubmitOutcome.Accepted, SubmitOutcome.Accepted],
            (await together.Soon()).Select(static reply => reply.Outcome));
        Assert.Equal([ControlOutcome.Changed], await cancel.Soon());
        Assert.Null(await cluster.Memory.Get(bad));
        Assert.Equal(5, (await cluster.Dispatcher.GetStatus().Soon()).Queued);
    }

    [Theory]
    [InlineData("mine", SubmitOutcome.Replayed)]
    [InlineData("theirs", SubmitOutcome.KeyReused)]
    public async Task Commit_KeyBecameKnownToAnotherQueueMeanwhile_LaterOneIsToldSo(string body, SubmitOutcome told)
    {
        await using var cluster = await GrainCluster.StartAsync();
        await cluster.Submit();
        var other = cluster.Grains.GetGrain<ITaskDispatcherGrain>("other");
        await other.Submit([cluster.Request()]).Soon();
        cluster.Memory.Hold();
        Task<ImmutableArray<SubmitReply>>[] calls =
        [
            cluster.Dispatcher.Submit([WithKey(cluster.Request(), "mine")]), other.Submit([WithKey(cluster.Request(), body)]),
        ];
        await cluster.Arrivals.Of("Submit", 4);
        cluster.Memory.Release();
        var outcomes = (await Task.WhenAll(calls).Soon()).Select(static replies => replies[0].Outcome);
        Assert.Equal([SubmitOutcome.Accepted, told], outcomes.Order());
    }

    [Fact]
    public async Task Commit_KeyBecameKnownToAnotherQueueMeanwhile_OthersOfTheRoundAreAccepted()
    {
        await using var cluster = await GrainCluster.StartAsync();
        await cluster.Submit();
        var other = cluster.Grains.GetGrain<ITaskDispatcherGrain>("other");
        await other.Submit([cluster.Request()]).Soon();
        cluster.Memory.Hold();
        Task<ImmutableArray<SubmitReply>>[] calls =
        [
            cluster.Dispatcher.Submit([WithKey(cluster.Request(), "mine"), cluster.Request()]),
            other.Submit([WithKey(cluster.Request(), "theirs"), cluster.Request()]),
        ];
        await cluster.Arrivals.Of("Submit", 4);
        cluster.Memory.Release();
        var replies = await Task.WhenAll(calls).Soon();
        Assert.Equal(
            [SubmitOutcome.Accepted, SubmitOutcome.KeyReused], replies.Select(static reply => reply[0].Outcome).Order());
        Assert.All(replies, static reply => Assert.Equal(SubmitOutcome.Accepted, reply[1].Outcome));
    }

    internal static SubmitRequest WithKey(SubmitRequest request, string body) => request with
    {
        Idempotency = new IdempotencyEntry("key"u8.ToArray(), System.Text.Encoding.UTF8.GetBytes(body), "answer"u8.ToArray()),
    };

    [Fact]
    public async Task Poison_CallsWaitInTheInbox_AllAreToldAndTheNextCallWorks()
    {
        await using var cluster = await GrainCluster.StartAsync();
        var id = await cluster.Submit();
        cluster.Memory.Hold();
        cluster.Memory.Faults.Next(CommitFault.Fail);
        var first = cluster.Send(cluster.Request());
        // What overtakes it may be answered before it: its round writes nothing.
        await cluster.Arrivals.Of("Submit", 2);
        Task[] calls =
        [
            first, cluster.Dispatcher.Cancel([id]), cluster.Dispatcher.GetStatus(), cluster.Dispatcher.Why(id),
            cluster.Send(cluster.Request()),
        ];
        await cluster.Arrivals.Of("Submit", 3);
        await cluster.Arrivals.Of("Cancel", 1);
        await cluster.Arrivals.Of("GetStatus", 1);
        await cluster.Arrivals.Of("Why", 1);
        cluster.Memory.Release();
        foreach (var call in calls)
            await Assert.ThrowsAsync<StoreUnavailableException>(() => call.Soon());
        Assert.Equal([ControlOutcome.Changed], await cluster.Dispatcher.Cancel([id]).Soon());
    }

    [Fact]
    public async Task Submit_StoreLowOnSpace_IsRefusedWhileResultsAreTaken()
    {
        await using var cluster = await GrainCluster.StartAsync();
        var worker = await cluster.Worker("n");
        var id = await cluster.Submit();
        var lease = await worker.NextStart();
        cluster.Memory.Faults.LowSpace = true;
        await Assert.ThrowsAsync<StoreUnavailableException>(() => cluster.Send(cluster.Request()));
        Assert.True(await worker.Exit(lease));
        Assert.Equal(TaskState.Succeeded, (await cluster.Get(id)).State);
        cluster.Memory.Faults.LowSpace = false;
        await cluster.Submit();
    }

    [Fact]
    public async Task Submit_InboxIsFull_IsRefusedAndControlIsNot()
    {
        await using var cluster = await GrainCluster.StartAsync(static options => options.InboxTasks = 10);
        var id = await cluster.Submit();
        cluster.Memory.Hold();
        var under = cluster.Send(cluster.Request());
        await cluster.Arrivals.Of("Submit", 2);
        var waiting = cluster.Send(cluster.Request(10));
        await cluster.Arrivals.Of("Submit", 3);
        var full = await cluster.Send(cluster.Request());
        Assert.Equal(SubmitOutcome.QueueFull, full.Outcome);
        Assert.True(full.RetryAfter > 0);
        var cancel = cluster.Dispatcher.Cancel([id]);
        await cluster.Arrivals.Of("Cancel", 1);
        cluster.Memory.Release();
        Assert.Equal(SubmitOutcome.Accepted, (await under).Outcome);
        Assert.Equal(SubmitOutcome.Accepted, (await waiting).Outcome);
        Assert.Equal([ControlOutcome.Changed], await cancel.Soon());
        await cluster.Submit();
    }

    [Fact]
    public async Task Feed_WhateverHappens_SequencesAreDense()
    {
        await using var cluster = await GrainCluster.StartAsync();
        var feed = await cluster.Listen();
        var worker = await cluster.Worker("n", slots: 4);
        TaskId[] ids = [await cluster.Submit(), await cluster.Submit(), await cluster.Submit()];
        foreach (var lease in await worker.NextStarts(3))
            await worker.Exit(lease);
        var batches = new List<FeedBatch>();
        // Orleans does not keep the order of one-way calls.
        while (batches.Sum(static batch => batch.Entries.Count(static entry => entry.State == TaskState.Succeeded)) < ids.Length
            || batches.Max(static batch => batch.Sequence) > batches.Count)
            batches.Add(await feed.Next());
        Assert.Equal(Enumerable.Range(1, batches.Count), batches.Select(static batch => (int)batch.Sequence).Order());
    }

    [Fact]
    public async Task Send_ChannelThrows_NeitherTheAnswerNorTheActivationSuffers()
    {
        await using var cluster = await GrainCluster.StartAsync();
        var worker = await cluster.Worker("n");
        await cluster.Submit();
        await worker.Exit(await worker.NextStart());
        var epoch = await cluster.Epoch();
        cluster.Channel.Fails = true;
        var id = await cluster.Submit();
        Assert.Equal(TaskState.Assigned, (await cluster.Get(id)).State);
        Assert.Equal(1, cluster.Channel.Failures);
        cluster.Channel.Fails = false;
        cluster.Time.Advance(TimeSpan.FromSeconds(2));
        await worker.Beat();
        await worker.Exit(await worker.NextStart());
        Assert.Equal((TaskState.Succeeded, 1), ((await cluster.Get(id)).State, (await cluster.Get(id)).Attempt));
        Assert.Equal(epoch, await cluster.Epoch());
    }

    [Fact]
    public async Task Timer_TaskBecomesDue_RunsWithoutACall()
    {
        await using var cluster = await GrainCluster.StartAsync();
        var worker = await cluster.Worker("n");
        await cluster.Submit();
        await worker.Exit(await worker.NextStart());
        var request = cluster.Request();
        request = request with { Tasks = [request.Tasks[0] with { RunAt = cluster.Time.GetUtcNow().ToUnixTimeMilliseconds() + 5_000 }] };
        await cluster.Send(request);
        cluster.Time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(request.Tasks[0].Id, (await worker.NextStart()).Task);
    }


    [Fact]
    public async Task Feed_ResultBeforeItsStartWasTold_ShowsBothStates()
    {
        await using var cluster = await GrainCluster.StartAsync();
        var worker = await cluster.Worker("n");
        var feed = await cluster.Listen();
        await cluster.Submit();
        Assert.True(await worker.Exit(await worker.NextStart()));
        var states = new List<TaskState>();
        while (states is not [.., TaskState.Succeeded])
            states.AddRange((await feed.Next()).Entries.Select(static entry => entry.State));
        Assert.Equal([TaskState.Assigned, TaskState.Running, TaskState.Succeeded], states.Where(static s => s != TaskState.Queued));
    }
}
