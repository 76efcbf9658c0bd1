using System.Collections;
using System.Reflection;
using OrleansTasks.Access;
using OrleansTasks.Audit;
using OrleansTasks.Events;
using OrleansTasks.Jobs;
using OrleansTasks.Nodes;
using OrleansTasks.Queues;
using OrleansTasks.Trust;
using OrleansTasks.Webhooks;

namespace OrleansTasks.Storage.Tests.Conformance;

/// <summary>
/// Any text may be given to a store, to write or to look for. The store replaces characters that it cannot store by
/// U+FFFD. The tests set every string of every record, so they also cover columns that are added later.
/// </summary>
public abstract class HostileTextConformance : IDisposable
{
    private static readonly string[] Texts =
    [
        new([.. Enumerable.Range(0, 0xa0).Select(static code => (char)code)]),
        "caf\ufffd \0\ufffd\n!",
        "\0",
        "half \ud83d",
        "\ude42 the other way round \ud83d",
        "\ufffd\ufffe\uffff\ufeff\u202e\ue000",
        "'; DROP TABLE ot.tasks; -- \" \\ $1 {} %s",
    ];

    public static TheoryData<int> Each { get; } = [.. Enumerable.Range(0, Texts.Length)];

    protected abstract ITaskStore Tasks { get; }

    protected abstract INodeStore Nodes { get; }

    protected abstract INodeEventStore NodeEvents { get; }

    protected abstract IQueueStore Queues { get; }

    protected abstract IKeyStore Keys { get; }

    protected abstract IWebhookStore Webhooks { get; }

    protected abstract ITrustStore Trust { get; }

    protected abstract IAuditStore Audit { get; }

    protected abstract TestClock Clock { get; }

    public abstract void Dispose();

    [Theory]
    [MemberData(nameof(Each))]
    public async Task Texts_OfAnyCharacters_AreWrittenEverywhereAndReadBackStorable(int which)
    {
        var text = Texts[which];
        var kept = StorableText.Of(text);
        foreach (var (name, write) in Writes(text))
            Assert.True(await write(), $"{name} was refused: {detail}");

        Assert.Equal(kept, (await Queues.Get(text))!.Name);
        Assert.Equal(kept, (await Nodes.Get(text))!.Version);
        Assert.Equal(kept, Assert.Single(await NodeEvents.Read(0, 10)).Node);
        Assert.Equal(kept, Assert.Single(await Keys.List()).LastAddress);
        var delivery = Assert.Single(await Webhooks.Deliveries(text, 100, 0, 10)).Delivery;
        Assert.Equal((kept, kept), (delivery.Answer, delivery.Message));
        Assert.True(await Webhooks.IsDeleted(text + "d"));
        Assert.Equal(kept, (await Trust.FindCertificate(new byte[] { 9 }))!.Instance);
        var records = await Audit.List(new AuditQuery(null, null, text, null, 100));
        Assert.Equal(7, records.Length);
        Assert.All(
            records,
            record => Assert.Equal((kept, kept, kept), (record.Origin.Reason, record.Origin.Address, record.After)));
        var tasks = await Tasks.List(TaskFilter.All, null, 10);
        Assert.All(tasks, task => Assert.Equal(kept, task.Name));
        Assert.Equal(
            [kept, null],
            tasks.Select(static task => task.Signal).OrderByDescending(static signal => signal is not null));
        Assert.Equal(kept, Assert.Single(await Tasks.Jobs.List(JobFilter.All, null, 10)).Reason);
        Assert.Equal(StoreHealth.Healthy, Tasks.Health);
    }

    [Fact]
    public async Task Texts_OfAnyLength_AreWrittenOrRefusedAndTheStoreStaysHealthy()
    {
        var text = string.Concat(Enumerable.Repeat("ü\0🙂", 300_000));
        var written = 0;
        foreach (var (_, write) in Writes(text))
        {
            written += await write() ? 1 : 0;
            Assert.Equal(StoreHealth.Healthy, Tasks.Health);
        }

        Assert.True(written > 0, "Everything was refused.");
        var queue = await TestQueue.Take(Tasks, Clock, "after");
        await queue.Commit(queue.New());
    }

    // Why the latest commit was refused.
    private string? detail;

    /// <summary>
    /// All writes, by name. Each returns false if the store refused it for its data; another failure passes through.
    /// </summary>
    private IEnumerable<(string Name, Func<Task<bool>> Write)> Writes(string text)
    {
        AuditRecord Record() => Set(
            new AuditRecord(new Origin(Clock.Ids.Next(), "x", "x") { Key = "x" }, 5, 1) { Before = "x", After = "x" },
            text);
        TestQueue? queue = null;
        TaskWrite? first = null;
        yield return ("TakeEpoch", Plain(async () => queue = await TestQueue.Take(Tasks, Clock, text)));
        yield return ("Commit of tasks", Commit(owned =>
        {
            first = owned.New(one => Full(one, text));
            return owned.Plan([first, owned.New(one => Full(one, text))]);
        }));
        yield return ("Commit of an end", Commit(owned =>
        {
            var row = Set(first!.Row.Running(2, "n").Ended(1) with { Signal = "x" }, text);
            return owned.Plan(
            [
                new TaskWrite
                {
                    Row = row,
                    Result = Set(TestRows.Result(row, TestRows.Inline("out"), exitCode: 1) with { Signal = "x" }, text),
                    Superseded = Set(
                        TestRows.Left(first.Row.Running(1, "n"), EndReason.Signal, null, 9) with { Signal = "x" },
                        text),
                    Fingerprint = 5,
                },
            ]);
        }));
        yield return ("Commit of everything else", Commit(owned =>
        {
            var (job, schedule, workflow, rollout) = (
                owned.New().Row, owned.New().Row, owned.New().Row, owned.New().Row);
            return Set(owned.Plan([]) with
            {
                Jobs =
                [
                    new JobCommit(job.No, job.Id, new JobWrite(
                        JobState.Failed, 1, 2, 3, false, "x", TestRows.Bytes("p"), new JobSubmission(
                            "x", [new("x", "x")], TestRows.Bytes("{}"), TestRows.Bytes("h")), [])),
                ],
                Schedules = new ScheduleCommit
                {
                    Rows = [new ScheduleRow(schedule.No, "x", 1, false, 5, 60, 50, 40, 1)],
                    Bodies = [new ScheduleBody(schedule.No, TestRows.Bytes("{}"), default)],
                },
                Workflows = new WorkflowCommit
                {
                    Rows = [new WorkflowRow(workflow.No, workflow.Id, 0, "x", [new("x", "x")])],
                    Outlines = new Dictionary<long, ReadOnlyMemory<byte>> { [workflow.No] = TestRows.Bytes("{}") },
                },
                Rollouts = new RolloutCommit
                {
                    Rows = [new RolloutRow(rollout.No, rollout.Id, "x", 1, 500, false)],
                    Bodies = new Dictionary<long, (ReadOnlyMemory<byte>, ReadOnlyMemory<byte>)>
                    {
                        [rollout.No] = (TestRows.Bytes("{}"), default),
                    },
                    Nodes = [new RolloutNodeRow(rollout.No, 0, "x")],
                },
                Resources = [new ResourceChange(ResourceKind.Schedule, "x", ResourceState.Changed)],
                Audit = [Record()],
            }, text);
        }));
        yield return ("OpenSession", Plain(() => Nodes.OpenSession(
            text, Set(
                new NodeRegistration("x", 1, [new("x", "x")], Limits.None, "x", "x", true, [], [], []), text), 5)));
        yield return ("AddLimits", Plain(() => Nodes.AddLimits(text, 1, Limits.Sandbox)));
        yield return ("SetDraining", Plain(() => Nodes.SetDraining(text, true, Record())));
        yield return (
            "Add of a node's events", Plain(() => NodeEvents.Add([new NodeEvent(0, 5, text, NodeState.Ready)])));
        yield return ("Put of a queue", Plain(() => Queues.Put(
            Set(new QueueSettings("x", Placement.RoundRobin) { Pause = new QueuePause(7) { Key = "x" } }, text), null, 5, Record())));
        yield return (
            "Add of a key",
            Plain(() => Keys.Add(Set(new KeyRecord("x", "x", new byte[] { 1 }, Scopes.Admin), text), 5, Record())));
        yield return ("Used", Plain(() => Keys.Used([new KeyUse(text, 5, text)])));
        yield return ("Commit of webhooks", Plain(async () => Assert.True(await Webhooks.Commit(Set(new WebhookCommit(
            await Webhooks.TakeEpoch(), [new WebhookRow("x", "x", WebhookTypes.Task, false, 1, new byte[] { 1 })], [],
            [new DeliveryRow("x", new WebhookDelivery(1, "x", "{}"u8.ToArray(), 5, DeliveryState.Open, 1, 500, 1, null, "x"), 1)], 5)
        { Audit = Record() }, text)))));
        yield return ("Delete of a webhook", Plain(async () => Assert.True(await Webhooks.Commit(
            new WebhookCommit(await Webhooks.TakeEpoch(), [], [text + "d"], [], 5) { Audit = Record() }))));
        yield return ("AddToken", Plain(() => Trust.AddToken(new byte[] { 1 }, Set(TokenTerms.Any with { Labels = [new("x", "x")] }, text), 5, 500)));
        yield return (
            "UseToken",
            Plain(() => Trust.UseToken(new byte[] { 1 }, new TokenHolder(new byte[] { 7 }, text, text), 6)));
        yield return ("AddCertificate", Plain(() => Trust.AddCertificate(
            Set(
                new CertificateRow(new byte[] { 9 }, "x", "x", 500) { Labels = [new("x", "x")] },
                text), new byte[] { 1 }, 6)));
        yield return ("Delete of another queue", Plain(() => Queues.Delete(text + "q", 1, 5, Record())));
        yield return ("Delete of another node", Plain(() => Nodes.Delete(text + "n", Record())));
        yield return ("Revoke of another key", Plain(() => Keys.Revoke(text + "k", 5, Record())));
        yield return ("Commit of one more audit record", Commit(owned => owned.Plan([]) with { Audit = [Record()] }));
        yield return ("Reads", Plain(async () =>
        {
            TaskFilter[] filters =
            [
                TaskFilter.All with { Queue = text }, TaskFilter.All with { Node = text }, TaskFilter.All with { Name = text },
                TaskFilter.All with { Text = text }, TaskFilter.All with { Labels = [new(text, text)] },
            ];
            foreach (var filter in filters)
                await Tasks.List(filter, null, 10);
            await Tasks.Failures(new FailureQuery(text, text, null, null, 0, 10));
            await Tasks.Schedules.Get(text);
            await Nodes.Get(text);
            await Queues.Get(text);
            await Audit.List(new AuditQuery(text, text, text, null, 10));
        }));

        Func<Task<bool>> Commit(Func<TestQueue, QueueCommit> plan) => async () =>
        {
            var owned = queue ??= await TestQueue.Take(Tasks, Clock, "plain");
            var result = await owned.TryCommit(plan(owned));
            Assert.True(
                result.Outcome is CommitOutcome.Committed or CommitOutcome.Refused,
                $"{result.Outcome}: {result.Detail}");
            detail = result.Detail;
            return result.Outcome == CommitOutcome.Committed;
        };
    }

    private static TaskSubmission Full(TaskSubmission one, string text) => Set(
        one with
        {
            Labels = [new("x", "x")], Requires = [new("x", "x")], Concurrency = new TaskConcurrency("x", 1),
            WorkflowNode = "x",
        },
        text);

    private Func<Task<bool>> Plain(Func<Task> write) => async () =>
    {
        try
        {
            await write();
            return true;
        }
        catch (StoreRefusedException refusal)
        {
            detail = refusal.Message;
            return false;
        }
    };

    /// <summary>Returns a copy with all strings set to a text, also those of records and lists in it.</summary>
    private static T Set<T>(T value, string text) => (T)Copy(value!, text);

    private static object Copy(object value, string text)
    {
        switch (value)
        {
            case string:
                return text;
            case IList { Count: > 0 } list when value.GetType() is { IsArray: false, IsGenericType: true } type
                && type.GetGenericTypeDefinition() == typeof(ImmutableArray<>):
                var items = Array.CreateInstance(type.GenericTypeArguments[0], list.Count);
                for (var i = 0; i < list.Count; i++)
                    items.SetValue(Copy(list[i]!, text), i);
                return typeof(HostileTextConformance).GetMethod(
                    nameof(ToImmutable), BindingFlags.NonPublic | BindingFlags.Static)!
                    .MakeGenericMethod(type.GenericTypeArguments[0]).Invoke(null, [items])!;
            case Array array when array.Length > 0 && IsOurs(array.GetType().GetElementType()!):
                var copies = (Array)array.Clone();
                for (var i = 0; i < copies.Length; i++)
                    copies.SetValue(Copy(copies.GetValue(i)!, text), i);
                return copies;
            case not null when IsOurs(value.GetType()):
                return CopyOfOurs(value, text);
            default:
                return value!;
        }
    }

    private static ImmutableArray<T> ToImmutable<T>(T[] items) => [.. items];

    private static bool IsOurs(Type type) =>
        !type.IsEnum && type.Namespace?.StartsWith("OrleansTasks", StringComparison.Ordinal) == true;

    private static object CopyOfOurs(object value, string text)
    {
        var type = value.GetType();
        // A record's copy, or the boxed copy of a struct.
        var copy = type.GetMethod("<Clone>$") is { } clone ? clone.Invoke(value, null)! : value;
        foreach (var property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(static one => one.CanWrite))
        {
            if (property.PropertyType == typeof(string))
                property.SetValue(copy, text);
            else if (property.GetValue(value) is { } inner)
                property.SetValue(copy, Inner(inner, text));
        }

        return copy;
    }

    // Collection expressions make lists of types of their own.
    private static object Inner(object inner, string text)
    {
        if (inner.GetType() is not { IsGenericType: true } type || inner is not IEnumerable items
            || inner is IDictionary
            || type.GetGenericTypeDefinition() == typeof(ImmutableArray<>) || !IsOurs(type.GenericTypeArguments[0]))
            return Copy(inner, text);
        var all = items.Cast<object>().ToArray();
        var array = Array.CreateInstance(type.GenericTypeArguments[0], all.Length);
        for (var i = 0; i < all.Length; i++)
            array.SetValue(Copy(all[i], text), i);
        return array;
    }
}
