namespace OrleansTasks.Storage.Tests.Conformance;

public abstract partial class TaskStoreConformance
{
    [Fact]
    public async Task TakeEpoch_NewQueue_MakesItsRow()
    {
        var owned = await Store.TakeEpoch("a", null, default);
        Assert.Equal(new QueueOwnership(true, owned.QueueNo, 1, 0, owned.QueueNo * QueueOwnership.RowNumbers), owned);
        var other = await Store.TakeEpoch("b", null, default);
        Assert.NotEqual(owned.QueueNo, other.QueueNo);
        Assert.Equal(["a", "b"], (await Store.ListQueues()).Select(p => p.Queue));
    }

    [Fact]
    public async Task TakeEpoch_AsManyQueuesAsThereMayBe_MakesNoOther()
    {
        var (a, b) = (await Take("a"), await Take("b"));
        Store.MaxQueues = 2;

        await Assert.ThrowsAsync<TooManyQueuesException>(() => Take("c"));

        Assert.Equal(["a", "b"], (await Store.ListQueues()).Select(static status => status.Queue));
        Assert.Equal(2, (await Store.TakeEpoch(a.Name, null, default)).Epoch);
        await a.TakeOver();
        Assert.Equal(CommitResult.Committed, await a.TryCommit(a.Plan([]) with { IsRetired = true }));
        Assert.False((await Store.TakeEpoch(a.Name, null, default)).IsFull);
        await Take("c");
        Assert.True((await Store.TakeEpoch(a.Name, null, default)) is { Taken: true, IsRetired: true, IsFull: true });
        Assert.False((await Store.TakeEpoch(b.Name, null, default)).IsFull);
    }

    [Fact]
    public async Task ListUnused_TellsQueuesOfWhichNothingIsLeft()
    {
        var (open, ended, gone, none) = (await Take("open"), await Take("ended"), await Take("gone"), await Take("none"));
        await open.Commit(open.New());
        await ended.Commit(ended.New(row: static row => row.Running().Ended()));
        await gone.TryCommit(gone.Plan([]) with { IsRetired = true });

        Assert.Equal([none.Name], await Store.ListUnused());

        Clock.Advance(TimeSpan.FromDays(1));
        await Store.Prune(Clock.Now, Clock.Now, 100);
        Assert.Equal([ended.Name, none.Name], await Store.ListUnused());
    }

    [Fact]
    public async Task TakeEpoch_Again_RaisesTheEpochAndKeepsTheRest()
    {
        var queue = await Take();
        await queue.Commit(queue.New(), queue.New());
        var again = await Store.TakeEpoch(queue.Name, null, default);
        Assert.Equal(new QueueOwnership(true, queue.No, 2, 1, queue.LastNo), again);
    }

    [Fact]
    public async Task TakeEpoch_ExpectedEpochStored_TakesIt()
    {
        var queue = await Take();
        var again = await Store.TakeEpoch(queue.Name, expected: 1, default);
        Assert.Equal(new QueueOwnership(true, queue.No, 2, 0, queue.LastNo), again);
    }

    [Fact]
    public async Task TakeEpoch_AnotherEpochStored_ChangesNothing()
    {
        var queue = await Take();
        await queue.TakeOver();
        var refused = await Store.TakeEpoch(queue.Name, expected: 1, default);
        Assert.Equal(new QueueOwnership(false, queue.No, 2, 0, queue.LastNo), refused);
        await queue.Commit(queue.New());
    }

    [Fact]
    public async Task TakeEpoch_ExpectedButNoSuchQueue_IsNotTakenAndNotMade()
    {
        var refused = await Store.TakeEpoch("none", expected: 1, default);
        Assert.False(refused.Taken);
        Assert.Empty(await Store.ListQueues());
    }

    [Fact]
    public async Task Prove_OfTheOwner_HoldsUntilAnotherTakesTheQueue()
    {
        var queue = await Take();
        Assert.True(await Store.Prove(queue.No, queue.Owned.Epoch));
        await queue.Commit(queue.New());
        Assert.True(await Store.Prove(queue.No, queue.Owned.Epoch));
        var before = queue.Owned.Epoch;
        await queue.TakeOver();
        Assert.False(await Store.Prove(queue.No, before));
        Assert.True(await Store.Prove(queue.No, queue.Owned.Epoch));
        // A proof changes nothing.
        await queue.Commit(queue.New());
    }

    [Fact]
    public async Task Prove_OfNoStoredQueue_IsFalse() => Assert.False(await Store.Prove(4_711, 1));

    [Fact]
    public async Task Commit_WhereStartsStandAndWhetherItIsRetired_AreKeptUntilACommitSaysOtherwise()
    {
        var queue = await Take();
        Assert.Equal(CommitResult.Committed, await queue.TryCommit(queue.Plan([]) with { StartsFrom = 1_800_000_000_000_000_123 }));
        Assert.Equal(CommitResult.Committed, await queue.TryCommit(queue.Plan([]) with { IsRetired = true }));
        var kept = await Store.TakeEpoch(queue.Name, null, default);
        Assert.Equal((1_800_000_000_000_000_123, true), (kept.StartsFrom, kept.IsRetired));
        Assert.True(Assert.Single(await Store.ListQueues()).IsRetired);

        // Fenced: the epoch is another by now.
        var late = queue.Plan([]) with { StartsFrom = 5, IsRetired = false };
        Assert.Equal(CommitOutcome.Fenced, (await Store.Commit(late)).Outcome);
        Assert.Equal(CommitOutcome.Committed, (await Store.Commit(late with { Epoch = kept.Epoch, StartsFrom = null })).Outcome);

        var last = await Store.TakeEpoch(queue.Name, null, default);
        Assert.Equal((1_800_000_000_000_000_123, false), (last.StartsFrom, last.IsRetired));
    }

    [Fact]
    public async Task TakeEpoch_BehindACommit_SeesIt()
    {
        var queue = await Take();
        var commit = Store.Commit(queue.Plan([queue.New()]));
        var taken = await Store.TakeEpoch(queue.Name, null, default);
        Assert.Equal(CommitOutcome.Committed, (await commit).Outcome);
        Assert.Equal(1, taken.Sequence);
    }

    [Fact]
    public async Task TakeEpoch_Reopened_KeepsEpochSequenceAndNumbers()
    {
        var queue = await Take();
        await queue.Commit(queue.New(), queue.New(), queue.New());
        Reopen();
        var again = await Store.TakeEpoch(queue.Name, null, default);
        Assert.Equal(new QueueOwnership(true, queue.No, 2, 1, queue.LastNo), again);
    }

    [Fact]
    public async Task Commit_OfAnOldEpoch_IsFencedAndWritesNothing()
    {
        var old = await Take();
        var owner = await Take();
        var write = old.New();
        Assert.Equal(CommitOutcome.Fenced, (await Store.Commit(old.Plan([write]))).Outcome);
        Assert.Null(await Store.Get(write.Row.Id));
        await owner.Commit(owner.New());
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(1)]
    public async Task Commit_WithAnotherSequence_IsFencedAndWritesNothing(int off)
    {
        var queue = await Take();
        await queue.Commit(queue.New());
        var write = queue.New();
        var plan = queue.Plan([write]);
        plan = plan with { Sequence = plan.Sequence + off };
        Assert.Equal(CommitOutcome.Fenced, (await Store.Commit(plan)).Outcome);
        Assert.Null(await Store.Get(write.Row.Id));
    }

    [Fact]
    public async Task Commit_Twice_LandsOnce()
    {
        var queue = await Take();
        var plan = queue.Plan([queue.New()]);
        Assert.Equal(CommitOutcome.Committed, (await Store.Commit(plan)).Outcome);
        Assert.Equal(CommitOutcome.Fenced, (await Store.Commit(plan)).Outcome);
    }

    [Fact]
    public async Task Commit_NewTask_StoresAllOfIt()
    {
        var queue = await Take("q");
        var batch = new TaskId(1, 2);
        var write = queue.New(
            s => s with
            {
                Name = "näme", Priority = 9, ExpiresAt = 77, Retry = new RetryPolicy(3, 10, 20, false),
                Labels = [new("a", "1"), new("b", "ü\"")], Requires = [new("zone", "x")],
                Limits = Limits.Memory | Limits.OpenFiles, SecretEnv = TestRows.Bytes("""{"K":"v"}"""),
            },
            r => r with { State = TaskState.Scheduled, DueAt = 55, QueuedAt = 0 }, batch);
        await queue.Commit(write);
        Reopen();

        var open = await Find(queue, write.Row.Id);
        Assert.Equal(write.Row, open.Row);
        Assert.Equal((9, 77L, true), (open.Priority, open.ExpiresAt, open.HadSecrets));
        Assert.Equal(new RetryPolicy(3, 10, 20, false), open.Retry);
        Assert.Equal([new Label("zone", "x")], open.Requires);
        Assert.Equal(Limits.Memory | Limits.OpenFiles, open.Limits);

        var task = await Read(write.Row.Id);
        Assert.Equal(("näme", "q", TaskState.Scheduled), (task.Name, task.Queue, task.State));
        Assert.Equal([new Label("a", "1"), new Label("b", "ü\"")], task.Labels);
        Assert.Equal("""{"cmd":"echo"}""", TestRows.Text(task.Spec));
        Assert.Equal(batch, task.Batch);
        Assert.Null(task.QueuedAt);

        var spec = Assert.Single(await Store.ReadSpecs([write.Row.Id]));
        Assert.Equal("""{"K":"v"}""", TestRows.Text(spec.SecretEnv));
        Assert.Equal("näme", spec.Name);
    }

    [Theory]
    [InlineData("k1", "night shift", "olga ü")]
    [InlineData("k1", "", null)]
    [InlineData(null, null, "olga")]
    [InlineData(null, null, null)]
    public async Task Commit_Submitter_IsReadAgainBesideOtherProperties(string? key, string? name, string? says)
    {
        var queue = await Take();
        var submitter = key is null && says is null ? null : new Submitter(key, name, says);
        TaskWrite[] writes =
        [
            queue.New(task => task with { Submitter = submitter }),
            queue.New(task => task with { Submitter = submitter, Concurrency = new TaskConcurrency("by nobody", 1) }),
            queue.New(task => task with { Submitter = submitter, WorkflowNode = "by" }, batch: new TaskId(1, 2)),
        ];
        await queue.Commit(writes);
        Reopen();

        Assert.All(writes, write => Assert.Equal(submitter, Store.Get(write.Row.Id).Result!.SubmittedBy));
        Assert.Equal("by", (await Store.Get(writes[2].Row.Id))!.WorkflowNode);
        Assert.Equal("by nobody", (await Find(queue, writes[1].Row.Id)).Concurrency?.Key);
    }

    [Fact]
    public async Task Commit_ChangedTask_StoresEveryColumn()
    {
        var queue = await Take();
        var write = queue.New();
        await queue.Commit(write);
        var changed = TestQueue.Change(write, r => r with
        {
            State = TaskState.Failed, Order = 12, Attempt = 3, Failures = 2, NodeLosses = 1, Token = TestRows.TokenOf(
                3),
            Node = "n3", DueAt = 1, QueuedAt = 2, StartedAt = 3, EndedAt = 4, CancelRequestedAt = 5, ExitCode = -1,
            Signal = "SIGKILL", Reason = EndReason.Signal,
        });
        await queue.Commit(changed);
        Reopen();
        Assert.Equal(changed.Row, (await Find(queue, write.Row.Id)).Row);
        var task = await Read(write.Row.Id);
        Assert.Equal((3, "n3", 2L, 3L, 4L), (task.Attempt, task.Node, task.QueuedAt, task.StartedAt, task.EndedAt));
        Assert.Equal((-1, "SIGKILL", EndReason.Signal, 5L),
            (task.ExitCode, task.Signal, task.Reason, task.CancelRequestedAt));
    }

    [Fact]
    public async Task Commit_OfATaskThatIsNotStored_FailsAndWritesNothing()
    {
        var queue = await Take();
        var fine = queue.New();
        var missing = new TaskWrite { Row = queue.New().Row };
        var result = await queue.TryCommit(queue.Plan([fine, missing]));
        Assert.Equal(CommitOutcome.Refused, result.Outcome);
        Assert.NotNull(result.Detail);
        Assert.Null(await Store.Get(fine.Row.Id));
        await queue.Commit(queue.New());
    }

    [Fact]
    public async Task Commit_WithAnIdThatIsStored_FailsAndWritesNothing()
    {
        var queue = await Take();
        var first = queue.New();
        await queue.Commit(first);
        var fine = queue.New();
        var repeated = queue.New(s => s with { Id = first.Row.Id }, r => r with { Id = first.Row.Id });
        Assert.Equal(CommitOutcome.Refused, (await queue.TryCommit(queue.Plan([fine, repeated]))).Outcome);
        Assert.Null(await Store.Get(fine.Row.Id));
        Assert.Equal(StoreHealth.Healthy, Store.Health);
        await queue.Commit(queue.New());
    }

    [Fact]
    public async Task Commit_ManyQueuesAtOnce_EachIsFencedForItself()
    {
        var queues = new List<TestQueue>();
        for (var i = 0; i < 20; i++)
            queues.Add(await Take($"q{i}"));
        await queues[3].TakeOver();
        queues[3].Owned = queues[3].Owned with { Epoch = 1 };
        var writes = queues.ConvertAll(p => p.New());
        var commits = queues.Select((p, i) => Store.Commit(p.Plan([writes[i]]))).ToList();
        var outcomes = (await Task.WhenAll(commits)).Select(r => r.Outcome).ToList();
        for (var i = 0; i < 20; i++)
        {
            Assert.Equal(i == 3 ? CommitOutcome.Fenced : CommitOutcome.Committed, outcomes[i]);
            Assert.Equal(i != 3, await Store.Get(writes[i].Row.Id) is not null);
        }
    }

    [Fact]
    public async Task Commit_LargeSpec_ComesBackWhole()
    {
        var queue = await Take();
        var spec = new byte[400_000];
        new Random(1).NextBytes(spec);
        var write = queue.New(s => s with { Spec = spec });
        await queue.Commit(write);
        Assert.Equal(spec, (await Read(write.Row.Id)).Spec.ToArray());
    }
}
