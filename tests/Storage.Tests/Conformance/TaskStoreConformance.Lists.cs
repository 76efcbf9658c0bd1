namespace OrleansTasks.Storage.Tests.Conformance;

public abstract partial class TaskStoreConformance
{
    [Fact]
    public async Task List_ByPagesWhileTasksAreAdded_NeitherRepeatsNorSkips()
    {
        var queue = await Take();
        await queue.Commit([.. Enumerable.Range(0, 25).Select(_ => queue.New())]);
        var before = (await Store.List(TaskFilter.All, null, 1000)).Select(t => t.Id).ToList();
        Assert.Equal(before.OrderDescending(), before);
        var seen = new List<TaskId>();
        for (TaskId? cursor = null; ;)
        {
            var page = await Store.List(TaskFilter.All, cursor, 4);
            seen.AddRange(page.Select(t => t.Id));
            if (page.Length < 4)
                break;
            cursor = page[^1].Id;
            await queue.Commit(queue.New());
        }

        Assert.Equal(before, seen);
    }

    [Fact]
    public async Task List_AnyFilter_GivesWhatAPlainScanGives()
    {
        var random = new Random(11);
        var tasks = await FillForLists(random);
        for (var i = 0; i < 300; i++)
        {
            var filter = RandomFilter(random, tasks);
            var expected = tasks.Where(t => Matches(t, filter)).OrderByDescending(t => t.Id).ToList();
            TaskId? cursor = random.Next(3) == 0 ? tasks[random.Next(tasks.Count)].Id : null;
            var limit = random.Next(1, 40);

            var older = expected.Where(t => cursor is null || t.Id < cursor.Value).Take(limit).Select(t => t.Id);
            Assert.True(older.SequenceEqual((await Store.List(filter, cursor, limit)).Select(t => t.Id)),
                $"List {filter}");

            var newer = expected.Where(t => cursor is null || t.Id > cursor.Value).OrderBy(t => t.Id).Take(limit);
            var matches = await Store.Match(filter, cursor, limit);
            Assert.True(
                newer.Select(t => (t.Id, t.Queue, t.State, t.IsQuarantined))
                    .SequenceEqual(matches.Select(m => (m.Id, m.Queue, m.State, m.IsQuarantined))), $"Match {filter}");

            AssertSummary(expected, await Store.Summarize(filter), filter);
            await AssertOrdered(expected, filter, random);
            await AssertHistogram(expected, filter, random.Next(1, 8));
        }
    }

    [Fact]
    public async Task ListBy_AsRows_HasADigestInsteadOfSpecAndTail()
    {
        var queue = await Take();
        var write = queue.New(
            s => s with { Spec = TestRows.Bytes("""{"argv":["tar","-x","\u00e9"],"retry":{"backoff":"1s","maxAttempts":4}}""") }, r => r.Running().Ended());
        write.Result = TestRows.Result(write.Row, TestRows.Inline("out"), rss: 4096);
        await queue.Commit(write);

        var page = await Store.ListBy(new TaskListQuery(TaskFilter.All, TaskSort.Created, 0, null, 10, AsRows: true));

        var row = Assert.Single(page!.Value);
        Assert.Equal(("tar -x é", 4, 4096L), (row.Command, row.MaxAttempts, row.MaxRssBytes));
        Assert.True(row.Spec.IsEmpty && row.Tail.IsEmpty);
        Assert.Equal(3, row.StdoutBytes);
        var whole = await Read(row.Id);
        Assert.Equal((null, "out"), (whole.Command, TestRows.Text(whole.Tail)));
    }

    [Fact]
    public async Task ListBy_WithABoundOfBytes_EndsWithTheTaskThatReachesIt_AndHasAtLeastOne()
    {
        var queue = await Take();
        var spec = TestRows.Bytes($$"""{"cmd":"{{new string('x', 1000)}}"}""");
        var writes = Enumerable.Range(0, 5).Select(_ => queue.New(s => s with { Spec = spec }, r => r.Running())).ToArray();
        await queue.Commit(writes);
        var query = new TaskListQuery(TaskFilter.All, TaskSort.Created, 0, null, 10, AsRows: false);

        foreach (var sort in new[] { TaskSort.Created, TaskSort.Took })
        {
            foreach (var filter in new[] { TaskFilter.All, TaskFilter.All with { Text = "xxx" } })
            {
                var asked = query with { Sort = sort, Filter = filter };
                Assert.Equal(5, (await Store.ListBy(asked))!.Value.Length);
                Assert.Single((await Store.ListBy(asked with { MostBytes = 1 }))!.Value);
                var some = (await Store.ListBy(asked with { MostBytes = 2_000 }))!.Value;
                Assert.Equal(2, some.Length);
                Assert.True((asked with { MostBytes = 2_000 }).IsFull(some.Sum(static task => task.Bytes)));
                var rest = await Store.ListBy(asked with
                {
                    MostBytes = 20_000, After = new TaskPosition(sort.ValueOf(some[^1], 0), some[^1].Id),
                });
                Assert.Equal(3, rest!.Value.Length);
            }
        }
    }

    [Fact]
    public async Task Version_OfATask_RisesWithEachCommitThatWritesIt()
    {
        var queue = await Take();
        var (one, other) = (queue.New(), queue.New());
        await queue.Commit(one, other);
        var first = await Read(one.Row.Id);
        await queue.Commit(TestQueue.Change(one, static row => row.Running()));
        var second = await Read(one.Row.Id);
        Reopen();
        queue = await Take();
        await queue.Commit(TestQueue.Change(one, static row => row.Running().Ended()));

        Assert.True(first.Version > 0, $"{first.Version}");
        Assert.True(second.Version > first.Version, $"{second.Version}");
        Assert.True((await Read(one.Row.Id)).Version > second.Version);
        Assert.Equal(first.Version, (await Read(other.Row.Id)).Version);
        Assert.Equal((await Store.ReadEvents(queue.Name, 0, 10))[^1].Sequence, (await Read(one.Row.Id)).Version);
    }

    [Fact]
    public async Task Histogram_WithoutATask_IsEmptyUnlessTheFilterBoundsIt()
    {
        var none = await Store.Histogram(new TaskHistogramQuery(TaskFilter.All, 4, 1000));
        Assert.Empty(none.Counts);
        var bounded = await Store.Histogram(
            new TaskHistogramQuery(TaskFilter.All with { CreatedAfter = 99, CreatedBefore = 140 }, 4, 1000));
        Assert.Equal((100, 10, 28), (bounded.From, bounded.Width, bounded.Counts.Length));
        Assert.All(bounded.Counts, static count => Assert.Equal(0, count));
    }

    /// <summary>Every page of every order is what a sort of all gives.</summary>
    private async Task AssertOrdered(List<TaskRecord> expected, TaskFilter filter, Random random)
    {
        var sort = (TaskSort)random.Next(4);
        const long Now = 3000;
        var ordered = expected.OrderByDescending(t => sort.ValueOf(t, Now)).ThenByDescending(t => t.Id).Select(t => t.Id).ToList();
        var shown = new List<TaskId>();
        TaskPosition? after = null;
        for (var size = random.Next(1, 60); ;)
        {
            var page = await Store.ListBy(new TaskListQuery(filter, sort, Now, after, size, AsRows: random.Next(2) == 0));
            shown.AddRange(page!.Value.Select(t => t.Id));
            if (page.Value.Length < size)
                break;
            after = new TaskPosition(sort.ValueOf(page.Value[^1], Now), page.Value[^1].Id);
        }

        Assert.True(ordered.SequenceEqual(shown), $"{sort} {filter}");
    }

    private async Task AssertHistogram(List<TaskRecord> expected, TaskFilter filter, int buckets)
    {
        var now = Clock.Now;
        var histogram = await Store.Histogram(new TaskHistogramQuery(filter, buckets, now));
        if (expected.Count == 0)
        {
            Assert.All(histogram.Counts, static count => Assert.Equal(0, count));
            return;
        }

        var states = TaskStates.All.Length;
        Assert.True(histogram.From <= expected.Min(t => t.Id.CreatedAt), $"{filter}");
        Assert.Equal(buckets * states, histogram.Counts.Length);
        var counts = new long[buckets * states];
        foreach (var task in expected)
            counts[(int)((task.Id.CreatedAt - histogram.From) / histogram.Width) * states + (int)task.State]++;
        Assert.True(counts.SequenceEqual(histogram.Counts), $"Histogram {filter}");
    }

    [Fact]
    public async Task List_CreatedBounds_AreExclusive()
    {
        var queue = await Take();
        var writes = new List<TaskWrite>();
        for (var i = 0; i < 3; i++)
        {
            writes.Add(queue.New());
            Clock.Advance(TimeSpan.FromMilliseconds(1));
        }

        await queue.Commit([.. writes]);
        var middle = writes[1].Row.Id.CreatedAt;
        Assert.Equal([writes[2].Row.Id], await Ids(TaskFilter.All with { CreatedAfter = middle }));
        Assert.Equal([writes[0].Row.Id], await Ids(TaskFilter.All with { CreatedBefore = middle }));
        Assert.Equal(
            [writes[1].Row.Id], await Ids(
                TaskFilter.All with { CreatedAfter = middle - 1, CreatedBefore = middle + 1 }));
        Assert.Empty(await Ids(TaskFilter.All with { CreatedAfter = long.MaxValue - 1 }));
        Assert.Equal(3, (await Ids(TaskFilter.All with { CreatedAfter = -5, CreatedBefore = long.MaxValue })).Length);
    }

    [Fact]
    public async Task Summarize_Nothing_IsZero()
    {
        var summary = await Store.Summarize(TaskFilter.All);
        Assert.Equal(0, summary.Total);
        Assert.Empty(summary.ByState);
        Assert.Empty(summary.ByNode);
        Assert.Empty(summary.ByExitCode);
    }

    private static void AssertSummary(List<TaskRecord> tasks, TaskSummary summary, TaskFilter filter)
    {
        Assert.True(tasks.Count == summary.Total, $"Total {filter}");
        Assert.Equal(Count(tasks, t => t.State), summary.ByState);
        Assert.Equal(Count(tasks.Where(t => t.Node is not null), t => t.Node!), summary.ByNode);
        Assert.Equal(Count(tasks.Where(t => t.ExitCode is not null), t => t.ExitCode!.Value), summary.ByExitCode);
    }

    private static IEnumerable<KeyValuePair<T, long>> Count<T>(IEnumerable<TaskRecord> tasks, Func<TaskRecord, T> key)
        where T : notnull =>
            tasks.GroupBy(key).OrderBy(g => g.Key).Select(g => KeyValuePair.Create(g.Key, (long)g.Count()));

    private static bool Matches(TaskRecord task, TaskFilter filter) =>
        (filter.State is null || task.State == filter.State)
        && (filter.Queue is null || task.Queue == filter.Queue)
        && (filter.Node is null || task.Node == filter.Node)
        && (filter.Name is null || task.Name == filter.Name)
        && (filter.Batch is null || task.Batch == filter.Batch)
        && (filter.CreatedAfter is null || task.Id.CreatedAt > filter.CreatedAfter)
        && (filter.CreatedBefore is null || task.Id.CreatedAt < filter.CreatedBefore)
        && (filter.Reason is null || task.Reason == filter.Reason)
        && (filter.ExitCode is null || task.ExitCode == filter.ExitCode)
        && (filter.Quarantined is null || task.IsQuarantined == filter.Quarantined)
        && (filter.Fingerprint is null || task.Fingerprint == filter.Fingerprint)
        && (filter.EndedAfter is null || (task.State.IsFinal() && task.EndedAt > filter.EndedAfter))
        && (filter.EndedBefore is null || (task.State.IsFinal() && task.EndedAt < filter.EndedBefore))
        && (filter.LongerThan is null || (task.State == TaskState.Running && filter.Now - task.StartedAt > filter.LongerThan)
            || (task.State.IsFinal() && task.EndedAt - task.StartedAt > filter.LongerThan))
        && (filter.Text is null || $"{task.Name}\0{TestRows.Text(task.Spec)}".Contains(filter.Text, StringComparison.OrdinalIgnoreCase))
        && filter.Labels.All(l => task.Labels.Contains(l));

    private static T? Sometimes<T>(Random random, T value) where T : class => random.Next(4) == 0 ? value : null;

    private static TaskFilter RandomFilter(Random random, List<TaskRecord> tasks)
    {
        var sample = tasks[random.Next(tasks.Count)];
        var labels = sample.Labels.Where(_ => random.Next(2) == 0).ToImmutableArray();
        return new TaskFilter(
            random.Next(3) == 0 ? sample.State : null,
            Sometimes(random, sample.Queue),
            random.Next(4) == 0 ? sample.Node : null,
            Sometimes(random, sample.Name),
            random.Next(3) == 0 ? labels : [],
            random.Next(4) == 0 ? sample.Id.CreatedAt - random.Next(20) : null,
            random.Next(4) == 0 ? sample.Id.CreatedAt + random.Next(20) : null,
            random.Next(4) == 0 ? sample.Batch : null)
        {
            Reason = random.Next(4) == 0 ? sample.Reason : null,
            ExitCode = random.Next(4) == 0 ? sample.ExitCode : null,
            Quarantined = random.Next(4) == 0 ? random.Next(2) == 0 : null,
            Fingerprint = random.Next(4) == 0 ? sample.Fingerprint : null,
            Text = random.Next(4) == 0 ? random.Next(3) switch { 0 => "NAME1", 1 => $"echo {random.Next(5)}", _ => "nowhere" } : null,
            EndedAfter = random.Next(6) == 0 ? 1995 + random.Next(20) : null,
            EndedBefore = random.Next(6) == 0 ? 1995 + random.Next(20) : null,
            LongerThan = random.Next(6) == 0 ? 985 + random.Next(30) : null,
            Now = 2000,
        };
    }

    private async Task<TaskId[]> Ids(TaskFilter filter) =>
        [.. (await Store.List(filter, null, 1000)).Select(t => t.Id)];

    /// <summary>Some hundred tasks over queues, batches, labels and states; as they are stored.</summary>
    private async Task<List<TaskRecord>> FillForLists(Random random)
    {
        TestQueue[] queues = [await Take("a"), await Take("aa"), await Take("b"), await Take("empty")];
        TaskId[] batches = [new(9, 1), new(9, 2)];
        var ids = new List<TaskId>();
        for (var round = 0; round < 12; round++)
        {
            var queue = queues[random.Next(3)];
            var writes = Enumerable.Range(0, 30).Select(_ =>
            {
                Clock.Advance(TimeSpan.FromMilliseconds(random.Next(3)));
                return queue.New(
                    s => s with
                    {
                        Name = $"name{random.Next(4)}", Labels = RandomLabels(random),
                        Spec = TestRows.Bytes($$"""{"cmd":"echo {{random.Next(4)}}"}"""),
                    },
                    r => RandomState(r, random), random.Next(3) == 0 ? batches[random.Next(2)] : null);
            }).ToArray();
            foreach (var failed in writes.Where(static write => write.Row.State == TaskState.Failed))
                failed.Fingerprint = random.Next(3) - 1;
            foreach (var ended in writes.Where(write => write.Row.Attempt > 0 && write.Row.State.IsFinal() && random.Next(2) == 0))
                ended.Result = TestRows.Result(ended.Row, rss: random.Next(4) * 1000);
            await queue.Commit(writes);
            ids.AddRange(writes.Select(w => w.Row.Id));
        }

        var tasks = new List<TaskRecord>();
        foreach (var id in ids)
            tasks.Add(await Read(id));
        return tasks;
    }

    private static ImmutableArray<Label> RandomLabels(Random random) =>
        [.. new[] { "env", "team", "x" }.Where(_ => random.Next(2) == 0).Select(
            k => new Label(k, $"{random.Next(3)}"))];

    private static TaskRow RandomState(TaskRow row, Random random)
    {
        var node = $"n{random.Next(3)}";
        return random.Next(9) switch
        {
            0 => row.Waiting(9),
            1 => row,
            2 => row.Assigned(1, node),
            3 => row.Running(1, node, 1000 + random.Next(10)),
            4 => row.Running(1, node, 1000 + random.Next(10)).Ended(0, 2000 + random.Next(10)),
            5 => row.Running(1, node).Ended(random.Next(1, 3), 2000 + random.Next(10)),
            6 => row.Running(1, node).Lost(losses: random.Next(2) * 6),
            7 => row.Running(1, node).Ended(1) with { Reason = EndReason.Timeout, ExitCode = null },
            _ => row with { State = TaskState.Cancelled, Reason = EndReason.Cancelled, EndedAt = 1 },
        };
    }
}
