using OrleansTasks.Access;
using OrleansTasks.Audit;
using OrleansTasks.Nodes;
using OrleansTasks.Queues;
using OrleansTasks.Webhooks;

namespace OrleansTasks.Storage.Tests.Conformance;

/// <summary>
/// What every store must do with who changed what: a record is stored with its change, or not at all.
/// </summary>
public abstract class AuditStoreConformance
{
    private readonly TestClock ids = new();

    protected abstract IAuditStore Store { get; }

    /// <summary>Whether a request's records of several queues are one row. Otherwise no silo waits for another's.</summary>
    protected virtual bool MergesQueues => true;

    protected abstract ITaskStore Tasks { get; }

    protected abstract IQueueStore Queues { get; }

    protected abstract INodeStore Nodes { get; }

    protected abstract IKeyStore Keys { get; }

    protected abstract IWebhookStore Webhooks { get; }

    [Fact]
    public async Task Commit_Records_AreReadBackWithEverything()
    {
        var full = Record(AuditActions.CancelTasks, "queue=ü&state=queued", 7, 3)
            with { Before = """{"a":1}""", After = "{}" };
        full = full with
        {
            Origin = full.Origin with
            { Key = "k1", KeyName = "olga's", Says = "Ólga 🙂", Reason = "it's ' \" ;", Address = "::1" },
        };
        var bare = Record(AuditActions.RetryTasks, null, 8);
        var queue = await TestQueue.Take(Tasks, ids);

        Assert.Equal(CommitResult.Committed, await Commit(queue, full, bare));

        Assert.Equal([bare, full], await All());
    }

    [Fact]
    public async Task Commit_ThatIsFencedOrRefused_StoresNoRecord()
    {
        var queue = await TestQueue.Take(Tasks, ids);
        var late = queue.Plan([]) with { Audit = [Record(AuditActions.CancelTasks, "late")] };
        await queue.Commit(queue.New());
        var unknown = TestQueue.Change(queue.New(), static row => row with { No = row.No + 1 });
        var wrong = queue.Plan([unknown]) with { Audit = [Record(AuditActions.CancelTasks, "wrong")] };

        Assert.Equal(CommitOutcome.Fenced, (await Tasks.Commit(late)).Outcome);
        Assert.Equal(CommitOutcome.Refused, (await Tasks.Commit(wrong)).Outcome);

        Assert.Empty(await All());
    }

    [Fact]
    public async Task Commit_PartsOfOneRequest_AreOneRecordWithTheSum()
    {
        var part = Record(AuditActions.CancelTasks, "state=queued", 20, 2);
        var (one, two) = (await TestQueue.Take(Tasks, ids, "one"), await TestQueue.Take(Tasks, ids, "two"));

        await Commit(one, part);
        await Commit(two, part with { At = 10, Count = 30 });
        await Commit(one, part with { At = 40, Count = 400 }, Record(AuditActions.RetryTasks, "other"));

        Assert.Equal(part with { At = 10, Count = 432 }, (await All())[1]);
    }

    [Fact]
    public async Task List_Filters_AndPagesFromTheNewest()
    {
        var queue = await TestQueue.Take(Tasks, ids);
        var records = Enumerable.Range(0, 6).Select(n => Record(n % 2 == 0 ? "a" : "b", n < 3 ? "x" : "y")).ToArray();
        records[1] = records[1] with { Origin = records[1].Origin with { Key = "k", KeyName = "deploy" } };
        records[4] = records[4] with { Origin = records[4].Origin with { Key = "deploy", KeyName = "k2" } };
        await Commit(queue, records);

        Assert.Equal([4, 1], await Found(new AuditQuery("deploy", null, null, null, 10)));
        Assert.Equal([1], await Found(new AuditQuery("k", null, null, null, 10)));
        Assert.Equal([4, 2, 0], await Found(new AuditQuery(null, "a", null, null, 10)));
        Assert.Equal([2, 0], await Found(new AuditQuery(null, "a", "x", null, 10)));
        Assert.Equal([5, 4], await Found(new AuditQuery(null, null, null, null, 2)));
        Assert.Equal([3, 2], await Found(new AuditQuery(null, null, null, records[4].Origin.Id, 2)));
        Assert.Equal([], await Found(new AuditQuery("nobody", null, null, null, 10)));

        async Task<IEnumerable<int>> Found(AuditQuery query) =>
            (await Store.List(query)).Select(record => Array.IndexOf(records, record));
    }

    [Fact]
    public async Task Trim_RemovesOldOnesAndThoseBeyondTheBound_OldestFirst()
    {
        var queue = await TestQueue.Take(Tasks, ids);
        var records = Enumerable.Range(1, 8).Select(at => Record("a", null, at)).ToArray();
        foreach (var record in records)
            await Commit(queue, record);

        Assert.Equal(new AuditTrim(2, 0), await Store.Trim(AuditClass.Work, before: 4, excess: 0, limit: 2));
        Assert.Equal(new AuditTrim(1, 0), await Store.Trim(AuditClass.Work, before: 4, excess: 0, limit: 2));
        Assert.Equal(new AuditTrim(0, 0), await Store.Trim(AuditClass.Work, before: 4, excess: 0, limit: 2));
        Assert.Equal([8, 7, 6, 5, 4], (await All()).Select(static record => record.At));
        Assert.Equal(5, await Store.Count(AuditClass.Work));
        Assert.Equal(new AuditTrim(2, 2), await Store.Trim(AuditClass.Work, before: 0, excess: 2, limit: 10));
        Assert.Equal([8, 7, 6], (await All()).Select(static record => record.At));
    }

    [Fact]
    public async Task Trim_OfOneClass_LeavesTheOthers()
    {
        var queue = await TestQueue.Take(Tasks, ids);
        AuditRecord[] records =
        [
            Record(AuditActions.CreateKey, "k", 1), Record(AuditActions.PutQueue, "q", 2),
            Record(AuditActions.CancelTasks, "t", 3), Record(AuditActions.TriggerSchedule, "s", 4),
        ];
        await Commit(queue, records);

        Assert.Equal(new AuditTrim(2, 2), await Store.Trim(AuditClass.Work, before: 0, excess: 9, limit: 10));
        Assert.Equal([2, 1], (await All()).Select(static record => record.At));
        Assert.Equal(new AuditTrim(1, 1), await Store.Trim(AuditClass.Settings, before: 0, excess: 9, limit: 10));
        Assert.Equal([1], (await All()).Select(static record => record.At));
        Assert.Equal(1, await Store.Count(AuditClass.Access));
    }

    [Fact]
    public async Task Commit_OneRequestInManyQueues_IsCountedOnceOrByQueue()
    {
        var bulk = Record(AuditActions.CancelTasks, "state=queued", 20, 1);
        foreach (var queue in Enumerable.Range(0, 40))
            await Commit(await TestQueue.Take(Tasks, ids, $"q{queue}"), bulk);

        Assert.Equal(MergesQueues ? 1 : 40, await Store.Count(AuditClass.Work));
        Assert.Equal(40, (await All()).Sum(static record => record.Count));
    }

    [Fact]
    public async Task Queues_Changes_AreRecordedUnlessTheyAreForAnotherVersion()
    {
        var (put, delete) = (Record(AuditActions.PutQueue, "q"), Record(AuditActions.DeleteQueue, "q"));
        Assert.True(await Queues.Put(new QueueSettings("q", Placement.LeastLoaded) { Version = 7 }, null, 5, put));
        // As a gateway that got no answer asks again.
        Assert.True(await Queues.Put(new QueueSettings("q", Placement.LeastLoaded), 7, 5, put));
        Assert.False(await Queues.Put(new QueueSettings("q", Placement.LeastLoaded), 9, 5, Record("no", "q")));
        Assert.False(await Queues.Delete("q", 9, 5, Record("no", "q")));
        Assert.True(await Queues.Delete("q", 1, 5, delete));

        Assert.Equal([delete, put], await All());
    }

    [Fact]
    public async Task NodesAndKeys_Changes_AreRecordedUnlessThereIsNothingToChange()
    {
        await Nodes.OpenSession("n", new NodeRegistration("i", 1, [], Limits.None, "1", "a", true, [], [], []), 5);
        var key = new KeyRecord("k", "key", new byte[] { 1 }, Scopes.Read);
        AuditRecord[] records =
        [
            Record(AuditActions.DrainNode, "n"), Record(AuditActions.ForgetNode, "n"),
            Record(AuditActions.CreateKey, "k"),
            Record(AuditActions.RevokeKey, "k"),
        ];

        Assert.True(await Nodes.SetDraining("n", true, records[0]));
        Assert.True(await Nodes.Delete("n", records[1]));
        Assert.False(await Nodes.SetDraining("n", true, Record("no", "n")));
        Assert.False(await Nodes.Delete("n", Record("no", "n")));
        await Keys.Add(key, 5, records[2]);
        await Assert.ThrowsAsync<StoreRefusedException>(() => Keys.Add(key, 5, Record("no", "k")));
        Assert.True(await Keys.Revoke("k", 6, records[3]));
        Assert.False(await Keys.Revoke("k", 6, Record("no", "k")));

        Assert.Equal(records.Reverse(), await All());
    }

    [Fact]
    public async Task Webhooks_CommitOfAnEarlierOwner_IsNotRecorded()
    {
        var (first, second) = (await Webhooks.TakeEpoch(), await Webhooks.TakeEpoch());
        var row = new WebhookRow("w", "http://h/", WebhookTypes.Task, false, 5, new byte[] { 1 });
        var made = Record(AuditActions.CreateWebhook, "w");

        Assert.False(await Webhooks.Commit(new WebhookCommit(first, [row], [], [], 5) { Audit = Record("no", "w") }));
        Assert.True(await Webhooks.Commit(new WebhookCommit(second, [row], [], [], 5) { Audit = made }));

        Assert.Equal([made], await All());
    }

    private AuditRecord Record(string action, string? target, long at = 5, long count = 1) =>
        new(new Origin(ids.Ids.Next(), action, target), at, count);

    private static Task<CommitResult> Commit(TestQueue queue, params AuditRecord[] records) =>
        queue.TryCommit(queue.Plan([]) with { Audit = records });

    private Task<ImmutableArray<AuditRecord>> All() => Store.List(new AuditQuery(null, null, null, null, 100));
}
