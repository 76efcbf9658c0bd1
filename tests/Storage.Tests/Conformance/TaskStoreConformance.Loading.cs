namespace OrleansTasks.Storage.Tests.Conformance;

public abstract partial class TaskStoreConformance
{
    [Fact]
    public async Task LoadLeased_GivesAssignedAndRunningOfThatPartition()
    {
        var partition = await Take();
        var other = await Take("other");
        TaskWrite[] writes =
        [
            partition.New(), partition.New(row: r => r.Assigned()), partition.New(row: r => r.Running()),
            partition.New(row: r => r.Running().Ended()),
        ];
        await partition.Commit(writes);
        await other.Commit(other.New(row: r => r.Running()));
        var leased = await Store.LoadLeased(partition.No, default);
        Assert.Equal(
            [writes[1].Row, writes[2].Row], leased.Select(t => t.Row).OrderBy(r => r.No));
    }

    [Fact]
    public async Task LoadLeased_AfterTheEnd_IsEmpty()
    {
        var partition = await Take();
        var write = partition.New(row: r => r.Running());
        await partition.Commit(write);
        await partition.Commit(TestPartition.Change(write, r => r.Ended()));
        Assert.Empty(await Store.LoadLeased(partition.No, default));
    }

    [Fact]
    public async Task Load_ConcurrencyKey_ComesBackFromEveryRead()
    {
        var partition = await Take();
        TaskWrite[] writes =
        [
            partition.New(s => s with { Concurrency = new TaskConcurrency("a key  with ümlauts 7", 100_000) }),
            partition.New(s => s with { Concurrency = new TaskConcurrency(" ", 1) }, r => r.Running()),
            partition.New(),
        ];
        await partition.Commit(writes);

        var waiting = await Store.LoadWaiting(partition.No, 10, 0, 10, default);
        var leased = await Store.LoadLeased(partition.No, default);
        var found = await Store.Find(partition.No, [.. writes.Select(static write => write.Row.Id)]);

        Assert.Equal([writes[0].New!.Concurrency, null], waiting.Select(static task => task.Concurrency));
        Assert.Equal([writes[1].New!.Concurrency], leased.Select(static task => task.Concurrency));
        Assert.Equal(
            writes.Select(static write => write.New!.Concurrency),
            writes.Select(write => found.Single(task => task.Row.Id == write.Row.Id).Concurrency));
    }

    [Fact]
    public async Task Load_After_ComesBackFromEveryRead_BesideAKey()
    {
        var partition = await Take();
        // More than the longest text that tasks share in memory.
        ImmutableArray<TaskDependency> many =
            [.. Enumerable.Range(0, TaskDependency.Most).Select(i => new TaskDependency(new TaskId((ulong)i, ulong.MaxValue), (EndCondition)(i % 3)))];
        TaskWrite[] writes =
        [
            partition.New(s => s with { After = many[..3], Concurrency = new TaskConcurrency("after x", 7) }, r => r.Waiting(long.MaxValue)),
            partition.New(s => s with { After = many }, r => r.Waiting(long.MaxValue)),
            partition.New(s => s with { After = many[..1] }, r => r.Running()),
            partition.New(),
        ];
        await partition.Commit(writes);

        var waiting = await Store.LoadWaiting(partition.No, 10, 0, 10, default);
        var leased = await Store.LoadLeased(partition.No, default);
        var found = await Store.Find(partition.No, [.. writes.Select(static write => write.Row.Id)]);

        foreach (var task in found.Concat(waiting).Concat(leased))
        {
            var expected = writes.Single(write => write.Row.Id == task.Row.Id);
            Assert.Equal(expected.New!.After ?? [], task.After);
            Assert.Equal((expected.New.Concurrency, expected.Row.DueAt), (task.Concurrency, task.Row.DueAt));
        }

        Assert.Equal((4, 3, 1), (found.Length, waiting.Length, leased.Length));
    }

    [Fact]
    public async Task LoadWaiting_ByPages_GivesPriorityThenOrder()
    {
        var partition = await Take();
        var random = new Random(3);
        var writes = Enumerable.Range(0, 57).Select(i => partition.New(
            s => s with { Priority = (byte)random.Next(10) },
            r => i % 11 == 0 ? r.Running() : i % 3 == 0 ? r.Waiting(5) : r)).ToList();
        foreach (var chunk in writes.Chunk(10))
            await partition.Commit(chunk);
        // A retry by hand takes a new place.
        writes[1] = new TaskWrite { Row = writes[1].Row with { Order = 1000 }, New = writes[1].New };
        await partition.Commit(TestPartition.Change(writes[1], r => r));
        var expected = writes.Where(w => !w.Row.State.IsLeased())
            .OrderByDescending(w => w.New!.Priority).ThenBy(w => w.Row.Order).Select(w => w.Row).ToList();

        foreach (var page in new[] { 1, 7, 100 })
        {
            var loaded = new List<OpenTask>();
            for (var (priority, order) = (10, 0L); ;)
            {
                var tasks = await Store.LoadWaiting(partition.No, priority, order, page, default);
                Assert.True(tasks.Length <= page);
                loaded.AddRange(tasks);
                if (tasks.Length < page)
                    break;
                (priority, order) = (tasks[^1].Priority, tasks[^1].Row.Order);
            }

            Assert.Equal(expected, loaded.Select(t => t.Row));
        }
    }

    [Fact]
    public async Task LoadWaiting_EqualPoliciesAndLabels_ShareOneInstance()
    {
        var partition = await Take();
        TaskWrite New() => partition.New(
            s => s with { Retry = new RetryPolicy(4, 5, 6, true), Requires = [new Label("a", "b")] });
        await partition.Commit(New(), New());
        var tasks = await Store.LoadWaiting(partition.No, 10, 0, 10, default);
        Assert.Same(tasks[0].Retry, tasks[1].Retry);
        Assert.True(tasks[0].Requires == tasks[1].Requires, "Equal lists must be one array.");
    }

    [Fact]
    public async Task Find_GivesOpenAndEndedTasksOfThatPartitionAlone()
    {
        var partition = await Take();
        var other = await Take("other");
        var open = partition.New();
        var ended = partition.New(row: r => r.Running().Ended());
        var foreign = other.New();
        await partition.Commit(open, ended);
        await other.Commit(foreign);
        var found = await Store.Find(partition.No, [open.Row.Id, foreign.Row.Id, new TaskId(1, 1), ended.Row.Id]);
        Assert.Equal([open.Row, ended.Row], found.Select(t => t.Row).OrderBy(r => r.No));
    }

    [Fact]
    public async Task ReadSpecs_UnknownIds_AreLeftOut()
    {
        var partition = await Take();
        var write = partition.New();
        await partition.Commit(write);
        var spec = Assert.Single(await Store.ReadSpecs([new TaskId(1, 1), write.Row.Id]));
        Assert.Equal((write.Row.Id, "echo"), (spec.Id, spec.Name));
        Assert.True(spec.SecretEnv.IsEmpty);
    }

    [Fact]
    public async Task DropSecrets_RemovesThemAndRemembersThatThereWereSome()
    {
        var partition = await Take();
        var write = partition.New(s => s with { SecretEnv = TestRows.Bytes("{}") });
        await partition.Commit(write);
        await partition.Commit(new TaskWrite { Row = write.Row.Running().Ended(), DropSecrets = true });
        Assert.True(Assert.Single(await Store.ReadSpecs([write.Row.Id])).SecretEnv.IsEmpty);
        Assert.True((await Find(partition, write.Row.Id)).HadSecrets);
    }

    [Fact]
    public async Task ListPartitions_CountsOpenTasksAndTellsTheOldest()
    {
        var b = await Take("b");
        var a = await Take("a", 1);
        await b.Commit(
            b.New(row: r => r with { QueuedAt = 30 }), b.New(row: r => r with { QueuedAt = 20 }),
            b.New(row: r => r.Waiting(1) with { QueuedAt = 10 }), b.New(row: r => r.Running()),
            b.New(row: r => r.Assigned()), b.New(row: r => r.Running().Ended()));
        var listed = await Store.ListPartitions();
        Assert.Equal(
            [
                new Queues.PartitionStatus(a.Key, 0, 0, 0, null),
                new Queues.PartitionStatus(b.Key, 1, 2, 2, 20),
            ],
            listed);
        Assert.Equal((3, 0), (await Store.CountWaiting(b.No), await Store.CountWaiting(a.No)));
    }
}
