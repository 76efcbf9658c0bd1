using OrleansTasks.Resources;

namespace OrleansTasks.Storage.Tests.Conformance;

public abstract partial class TaskStoreConformance
{
    [Fact]
    public async Task LoadLeased_GivesAssignedAndRunningOfThatQueue()
    {
        var queue = await Take();
        var other = await Take("other");
        TaskWrite[] writes =
        [
            queue.New(), queue.New(row: r => r.Assigned()), queue.New(row: r => r.Running()),
            queue.New(row: r => r.Running().Ended()),
        ];
        await queue.Commit(writes);
        await other.Commit(other.New(row: r => r.Running()));
        var leased = await Store.LoadLeased(queue.No, default);
        Assert.Equal(
            [writes[1].Row, writes[2].Row], leased.Select(t => t.Row).OrderBy(r => r.No));
    }

    [Fact]
    public async Task LoadLeased_AfterTheEnd_IsEmpty()
    {
        var queue = await Take();
        var write = queue.New(row: r => r.Running());
        await queue.Commit(write);
        await queue.Commit(TestQueue.Change(write, r => r.Ended()));
        Assert.Empty(await Store.LoadLeased(queue.No, default));
    }

    [Fact]
    public async Task Load_ConcurrencyKey_ComesBackFromEveryRead()
    {
        var queue = await Take();
        TaskWrite[] writes =
        [
            queue.New(s => s with
            {
                Concurrency = new TaskConcurrency("a key  with ümlauts 7", 100_000),
                Resources = ResourceVector.Parse("cpu=2500 gpu=1"),
                Lasts = 65_000,
            }),
            queue.New(s => s with { Concurrency = new TaskConcurrency(" ", 1) }, r => r.Running()),
            queue.New(),
        ];
        await queue.Commit(writes);

        var waiting = await Store.LoadWaiting(queue.No, 10, 0, 10, default);
        var leased = await Store.LoadLeased(queue.No, default);
        var found = await Store.Find(queue.No, [.. writes.Select(static write => write.Row.Id)]);

        Assert.Equal([writes[0].New!.Concurrency, null], waiting.Select(static task => task.Concurrency));
        Assert.Equal(
            [("cpu=2500 gpu=1", 65_000), ("", 0)],
            waiting.Select(static task => ((task.Resources ?? ResourceVector.None).ToString(), task.Lasts)));
        Assert.Equal([writes[1].New!.Concurrency], leased.Select(static task => task.Concurrency));
        Assert.Equal(
            writes.Select(static write => write.New!.Concurrency),
            writes.Select(write => found.Single(task => task.Row.Id == write.Row.Id).Concurrency));
    }

    [Fact]
    public async Task Load_UniqueKey_ComesBackFromEveryRead()
    {
        var queue = await Take();
        TaskWrite[] writes =
        [
            queue.New(s => s with
            {
                Unique = new TaskUnique("a key  with ümlauts 7", UniqueWhile.Queued, UniqueThen.Replace)
                { Debounce = 1, DebounceMax = long.MaxValue, Since = 1_700_000_000_000 },
                Concurrency = new TaskConcurrency("x", 2),
                After = [new TaskDependency(new TaskId(1, 2), EndCondition.Ended)],
            }),
            queue.New(s => s with { Unique = new TaskUnique(" ", UniqueWhile.Open, UniqueThen.Refuse) }, r => r.Running()),
            queue.New(s => s with { Unique = new TaskUnique("k", UniqueWhile.Open, UniqueThen.Join) }),
            queue.New(),
        ];
        await queue.Commit(writes);

        var found = await Store.Find(queue.No, [.. writes.Select(static write => write.Row.Id)]);
        var waiting = await Store.LoadWaiting(queue.No, 10, 0, 10, default);
        var leased = await Store.LoadLeased(queue.No, default);

        Assert.Equal((4, 3, 1), (found.Length, waiting.Length, leased.Length));
        foreach (var task in found.Concat(waiting).Concat(leased))
            Assert.Equal(writes.Single(write => write.Row.Id == task.Row.Id).New!.Unique, task.Unique);
    }

    [Fact]
    public async Task Load_After_ComesBackFromEveryRead_BesideAKey()
    {
        var queue = await Take();
        // More than the longest text that tasks share in memory.
        ImmutableArray<TaskDependency> many =
            [.. Enumerable.Range(0, TaskDependency.Most).Select(i => new TaskDependency(new TaskId((ulong)i, ulong.MaxValue), (EndCondition)(i % 3)))];
        TaskWrite[] writes =
        [
            queue.New(s => s with { After = many[..3], Concurrency = new TaskConcurrency("after x", 7) }, r => r.Waiting(long.MaxValue)),
            queue.New(s => s with { After = many }, r => r.Waiting(long.MaxValue)),
            queue.New(s => s with { After = many[..1] }, r => r.Running()),
            queue.New(),
        ];
        await queue.Commit(writes);

        var waiting = await Store.LoadWaiting(queue.No, 10, 0, 10, default);
        var leased = await Store.LoadLeased(queue.No, default);
        var found = await Store.Find(queue.No, [.. writes.Select(static write => write.Row.Id)]);

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
        var queue = await Take();
        var random = new Random(3);
        var writes = Enumerable.Range(0, 57).Select(i => queue.New(
            s => s with { Priority = (byte)random.Next(10) },
            r => i % 11 == 0 ? r.Running() : i % 3 == 0 ? r.Waiting(5) : r)).ToList();
        foreach (var chunk in writes.Chunk(10))
            await queue.Commit(chunk);
        // A retry by hand takes a new place.
        writes[1] = new TaskWrite { Row = writes[1].Row with { Order = 1000 }, New = writes[1].New };
        await queue.Commit(TestQueue.Change(writes[1], r => r));
        var expected = writes.Where(w => !w.Row.State.IsLeased())
            .OrderByDescending(w => w.New!.Priority).ThenBy(w => w.Row.Order).Select(w => w.Row).ToList();

        foreach (var page in new[] { 1, 7, 100 })
        {
            var loaded = new List<OpenTask>();
            for (var (priority, order) = (10, 0L); ;)
            {
                var tasks = await Store.LoadWaiting(queue.No, priority, order, page, default);
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
        var queue = await Take();
        TaskWrite New() => queue.New(
            s => s with { Retry = new RetryPolicy(4, 5, 6, true), Requires = [new Label("a", "b")] });
        await queue.Commit(New(), New());
        var tasks = await Store.LoadWaiting(queue.No, 10, 0, 10, default);
        Assert.Same(tasks[0].Retry, tasks[1].Retry);
        Assert.True(tasks[0].Requires == tasks[1].Requires, "Equal lists must be one array.");
    }

    [Fact]
    public async Task Find_GivesOpenAndEndedTasksOfThatQueueAlone()
    {
        var queue = await Take();
        var other = await Take("other");
        var open = queue.New();
        var ended = queue.New(row: r => r.Running().Ended());
        var foreign = other.New();
        await queue.Commit(open, ended);
        await other.Commit(foreign);
        var found = await Store.Find(queue.No, [open.Row.Id, foreign.Row.Id, new TaskId(1, 1), ended.Row.Id]);
        Assert.Equal([open.Row, ended.Row], found.Select(t => t.Row).OrderBy(r => r.No));
    }

    [Fact]
    public async Task ReadSpecs_UnknownIds_AreLeftOut()
    {
        var queue = await Take();
        var write = queue.New();
        await queue.Commit(write);
        var spec = Assert.Single(await Store.ReadSpecs([new TaskId(1, 1), write.Row.Id]));
        Assert.Equal((write.Row.Id, "echo"), (spec.Id, spec.Name));
        Assert.True(spec.SecretEnv.IsEmpty);
    }

    [Fact]
    public async Task DropSecrets_RemovesThemAndRemembersThatThereWereSome()
    {
        var queue = await Take();
        var write = queue.New(s => s with { SecretEnv = TestRows.Bytes("{}") });
        await queue.Commit(write);
        await queue.Commit(new TaskWrite { Row = write.Row.Running().Ended(), DropSecrets = true });
        Assert.True(Assert.Single(await Store.ReadSpecs([write.Row.Id])).SecretEnv.IsEmpty);
        Assert.True((await Find(queue, write.Row.Id)).HadSecrets);
        Assert.True((await Store.Get(write.Row.Id))!.HadSecrets);
    }

    [Fact]
    public async Task ListQueues_CountsOpenTasksAndTellsTheOldest()
    {
        var b = await Take("b");
        var a = await Take("a");
        await b.Commit(
            b.New(row: r => r with { QueuedAt = 30 }), b.New(row: r => r with { QueuedAt = 20 }),
            b.New(row: r => r.Waiting(1) with { QueuedAt = 10 }), b.New(row: r => r.Running()),
            b.New(row: r => r.Assigned()), b.New(row: r => r.Running().Ended()));
        var listed = await Store.ListQueues();
        Assert.Equal(
            [
                new Queues.QueueStatus(a.Name, 0, 0, 0, null),
                new Queues.QueueStatus(b.Name, 1, 2, 2, 20),
            ],
            listed);
        Assert.Equal((3, 0), (await Store.CountWaiting(b.No), await Store.CountWaiting(a.No)));
    }
}
