using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using OrleansTasks.Events;
using OrleansTasks.Feed;
using OrleansTasks.Grains.Tests.Cluster;
using OrleansTasks.Notifications;
using OrleansTasks.Storage;
using OrleansTasks.Storage.Memory;
using OrleansTasks.Storage.Notifications;
using OrleansTasks.Tasks;
using OrleansTasks.Webhooks;

namespace OrleansTasks.Grains.Tests.Notifications;

/// <summary>The grain of the notifications over stores in memory and a log that a test writes.</summary>
public sealed class NotificationGrainTests
{
    private const string Slack = """{"on":["failed"],"to":{"slack":"http://chat.example/x"},"digest":"1s"}""";
    private const string Unreadable = """{"on":["failed"],"to":{"pager":"p"}}""";
    private static readonly byte[] SlackBytes = Encoding.UTF8.GetBytes(Slack);
    private readonly INotificationStore store;
    private readonly StoreGate gate;
    private readonly List<EventRecord> log = [];
    private TaskCompletionSource read = NewSignal();

    public NotificationGrainTests() =>
        (store, gate) = StoreGate.Before<INotificationStore>(new MemoryNotificationStore());

    [Fact]
    public async Task Storm_OfTenThousandFailures_IsOneMessageADigest_AndNoneIsLost()
    {
        await using var cluster = await Start();
        var grain = await Put(cluster, """{"on":["failed"],"to":{"slack":"http://chat.example/x"},"digest":"5m"}""");
        for (var i = 0; i < 100; i++)
            Append(100, TaskState.Failed);
        await Rounds(cluster, grain, 20);
        // What fails while the first message is out waits for the next one.
        Append(7, TaskState.Failed);
        Append(500, TaskState.Succeeded);
        await Rounds(cluster, grain, 20);

        Assert.Single(cluster.Sender.All);
        cluster.Time.Advance(TimeSpan.FromMinutes(5));
        await Until(cluster, grain, () => cluster.Sender.All.Count == 2);
        await Rounds(cluster, grain, 20);

        Assert.Equal(2, cluster.Sender.All.Count);
        Assert.Equal(10_007, cluster.Sender.All.Sum(Failures));
        Assert.All(cluster.Sender.All, static one => Assert.InRange(one.Body.Length, 1, 8_000));
        Assert.Equal(0, (await grain.List().Soon())[0].Waiting);
    }

    [Fact]
    public async Task Restart_BeforeAMessageIsTaken_TellsEverythingThen()
    {
        await using var cluster = await Start();
        var grain = await Put(cluster, """{"on":["failed"],"to":{"teams":"http://chat.example/x"},"digest":"1s"}""");
        var hanging = new TaskCompletionSource<WebhookAnswer>();
        cluster.Sender.Answer = _ => hanging.Task;
        Append(40, TaskState.Failed);
        await Until(cluster, grain, () => cluster.Sender.All.Count == 1);
        Append(2, TaskState.Failed);
        await Rounds(cluster, grain, 3);

        await cluster.Host.KillAndRestart();
        cluster.Sender.Answer = static _ => Task.FromResult(new WebhookAnswer(200, null));
        grain = Grain(cluster);
        await grain.EnsureActive().Soon();
        await Until(cluster, grain, () => cluster.Sender.All.Count > 1);
        await Rounds(cluster, grain, 5);

        Assert.Equal(42, cluster.Sender.All.Skip(1).Sum(Failures));
        // A target that drops a message with an id that it knows drops none of these.
        Assert.Distinct(cluster.Sender.All.Select(static one => one.Message));
        // What was taken is not told again after another restart.
        var sent = cluster.Sender.All.Count;
        await cluster.Host.KillAndRestart();
        grain = Grain(cluster);
        await grain.EnsureActive().Soon();
        await Rounds(cluster, grain, 5);
        Assert.Equal(sent, cluster.Sender.All.Count);
    }

    [Fact]
    public async Task Refused_ByTheTarget_IsTriedAgainAsOneMessage()
    {
        await using var cluster = await Start();
        var grain = await Put(cluster, """{"on":["failed"],"to":{"slack":"http://chat.example/x"},"digest":"1s"}""");
        cluster.Sender.Answer = static _ =>
            Task.FromResult(new WebhookAnswer(500, "no\n[4411] all is \u001b[32mwell\u009b"));
        Append(3, TaskState.Failed);
        await Until(cluster, grain, () => cluster.Sender.All.Count == 1);
        Append(4, TaskState.Failed);
        await Rounds(cluster, grain, 2);
        var failing = (await grain.List().Soon())[0];
        Assert.Equal(7, failing.Waiting);
        // One line without control characters, so an answer can neither fake a log line nor control a terminal.
        Assert.Equal("The target answered 500: no [4411] all is  [32mwell ", failing.Failure);

        cluster.Sender.Answer = static _ => Task.FromResult(new WebhookAnswer(200, null));
        await Until(cluster, grain, () => cluster.Sender.All.Count == 2);
        await Rounds(cluster, grain, 2);

        Assert.Equal(7, Failures(cluster.Sender.All.Last()));
        var well = (await grain.List().Soon())[0];
        Assert.Equal((0L, 0L, null), (well.Waiting, well.FailingSince, well.Failure));
    }

    [Fact]
    public async Task Lookup_FailsWithinAPage_CountsEachFailureOnce()
    {
        await using var cluster = await Start();
        var grain = await Put(cluster, """{"on":["failed"],"to":{"slack":"http://chat.example/x"},"digest":"1s"}""");
        Append(10, TaskState.Failed);
        cluster.Gate.FailAfter(nameof(ITaskStore.Get), 4);
        await Until(cluster, grain, () => cluster.Sender.All.Count > 0);
        await Rounds(cluster, grain, 5);

        Assert.True(cluster.Gate.Failed.IsCompletedSuccessfully);
        Assert.Equal(10, cluster.Sender.All.Sum(Failures));
    }

    [Fact]
    public async Task Record_FailsAfterAMessage_DelaysTheNextOneAllTheSame()
    {
        await using var cluster = await Start();
        var grain = await Put(cluster, """{"on":["failed"],"to":{"slack":"http://chat.example/x"},"digest":"5m"}""");
        Append(1, TaskState.Failed);
        gate.FailAfter(nameof(INotificationStore.Put), 0);
        await Until(cluster, grain, () => gate.Failed.IsCompleted);
        Append(1, TaskState.Failed);
        await Rounds(cluster, grain, 5);

        Assert.Single(cluster.Sender.All);
        var ops = (await grain.List().Soon())[0];
        Assert.Equal((true, 1L), (ops.SentAt > 0, ops.Waiting));
    }

    [Fact]
    public async Task Delete_AfterAnotherActivationDeletedIt_IsRefused_AndTheNextOneFindsItGone()
    {
        await using var cluster = await Start();
        var grain = await Put(cluster, """{"on":["failed"],"to":{"slack":"http://chat.example/x"}}""");
        var number = (await store.List())[0].Number;
        Assert.True(await store.Delete("n", number));

        var refused = await Assert.ThrowsAsync<StoreUnavailableException>(() => grain.Delete("n").Soon());

        Assert.True(refused.IsOwnerReplaced);

        Assert.Empty(await grain.List().Soon());
        Assert.False(await grain.Delete("n").Soon());
        await Put(cluster, """{"on":["failed"],"to":{"slack":"http://chat.example/x"}}""");
        Assert.Equal(1, Assert.Single(await store.List()).Number);
    }

    [Fact]
    public async Task Put_AfterAnotherActivationChangedIt_IsRefused_AndTheNextOneMakesIt()
    {
        await using var cluster = await Start();
        const string Body = """{"on":["failed"],"to":{"slack":"http://chat.example/x"}}""";
        var grain = await Put(cluster, Body);
        var row = (await store.List())[0];
        Assert.True(await store.Put(row with { Number = row.Number + 1 }));

        var refused = await Assert.ThrowsAsync<StoreUnavailableException>(() => Put(cluster, Body));

        Assert.True(refused.IsOwnerReplaced);
        Assert.Equal(NotificationOutcome.Done, (await grain.Put("n", Encoding.UTF8.GetBytes(Body)).Soon()).Outcome);
        Assert.Equal(row.Number + 2, Assert.Single(await store.List()).Number);
    }

    [Fact]
    public async Task Create_ByManyAtOnce_OneCreates_AndTheOthersChangeNothing()
    {
        await using var cluster = await Start();
        var grain = Grain(cluster);

        var replies = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => grain.Create("n", SlackBytes).Soon()));

        Assert.Single(replies, static reply => reply.Outcome == NotificationOutcome.Created);
        Assert.Equal(4, replies.Count(static reply => reply.Outcome == NotificationOutcome.Exists));
        Assert.Equal(1, Assert.Single(await store.List()).Number);
        Assert.Equal(NotificationOutcome.Done, (await grain.Put("n", SlackBytes).Soon()).Outcome);
        Assert.True(await grain.Delete("n").Soon());
        Assert.Equal(NotificationOutcome.Created, (await grain.Create("n", SlackBytes).Soon()).Outcome);
    }

    [Fact]
    public async Task Create_AfterAnotherActivationMadeIt_IsRefused_AndTheNextOneFindsTheNameTaken()
    {
        await using var cluster = await Start();
        var grain = Grain(cluster);
        Assert.Empty(await grain.List().Soon());
        Assert.True(await store.Put(new NotificationRow("n", 1, SlackBytes, 5, 5)));

        var refused = await Assert.ThrowsAsync<StoreUnavailableException>(() => grain.Create("n", SlackBytes).Soon());

        Assert.True(refused.IsOwnerReplaced);
        Assert.Equal(NotificationOutcome.Exists, (await grain.Create("n", SlackBytes).Soon()).Outcome);
        Assert.Equal(1, Assert.Single(await store.List()).Number);
    }

    [Fact]
    public async Task Unreadable_IsShown_AndItsNameIsTaken()
    {
        await StoreUnreadable("n");
        await using var cluster = await Start();
        var grain = await Put(cluster, Slack, "a");
        await Put(cluster, Slack, "z");

        var listed = await grain.List().Soon();
        Assert.Equal(["a", "n", "z"], listed.Select(static one => one.Name));
        Assert.Equal((5L, Unreadable), (listed[1].CreatedAt, Encoding.UTF8.GetString(listed[1].Body.Span)));
        Assert.True(listed[1].FailingSince > 0);
        Assert.StartsWith("A stored notification cannot be read: ", listed[1].Failure, StringComparison.Ordinal);
        var tested = await grain.Test("n").Soon();
        Assert.Equal((NotificationOutcome.Done, listed[1].Failure), (tested.Outcome, tested.Fault));
        Assert.Equal(NotificationOutcome.Exists, (await grain.Create("n", SlackBytes).Soon()).Outcome);
        Assert.Equal(Unreadable, Encoding.UTF8.GetString((await store.List())[1].Body.Span));
    }

    [Fact]
    public async Task Unreadable_IsReplaced_AndTellsWhatHappensFromThenOn()
    {
        await StoreUnreadable("n");
        await using var cluster = await Start();
        Append(3, TaskState.Failed);

        var replaced = await Grain(cluster).Put("n", SlackBytes).Soon();

        Assert.Equal(
            (NotificationOutcome.Done, 5L, 0L, null),
            (replaced.Outcome, replaced.Notification!.CreatedAt, replaced.Notification.FailingSince,
                replaced.Notification.Failure));
        var row = Assert.Single(await store.List());
        Assert.Equal((3L, 1L, 0L, null), (row.Number, row.LogSeen, row.FailingSince, row.Failure));
        Append(2, TaskState.Failed);
        await Until(cluster, Grain(cluster), () => cluster.Sender.All.Count == 1);
        Assert.Equal(2, Failures(cluster.Sender.All.Single()));
        Assert.Equal(["n"], (await Grain(cluster).List().Soon()).Select(static one => one.Name));
    }

    [Fact]
    public async Task Unreadable_IsDeleted()
    {
        await StoreUnreadable("n");
        await using var cluster = await Start();
        var grain = Grain(cluster);

        Assert.True(await grain.Delete("n").Soon());

        Assert.Empty(await store.List());
        Assert.Empty(await grain.List().Soon());
        Assert.False(await grain.Delete("n").Soon());
        Assert.Equal(NotificationOutcome.NotFound, (await grain.Test("n").Soon()).Outcome);
        Assert.Equal(NotificationOutcome.Created, (await grain.Create("n", SlackBytes).Soon()).Outcome);
    }

    [Fact]
    public async Task Unreadable_CountsForTheLimit_ButItsNameIsNotNew()
    {
        for (var i = 0; i < ServiceLimits.Notifications; i++)
            await StoreUnreadable($"n{i}");
        await using var cluster = await Start();
        var grain = Grain(cluster);

        Assert.Equal(NotificationOutcome.TooMany, (await grain.Put("new", SlackBytes).Soon()).Outcome);
        Assert.Equal(NotificationOutcome.TooMany, (await grain.Create("new", SlackBytes).Soon()).Outcome);
        Assert.Equal(NotificationOutcome.Done, (await grain.Put("n0", SlackBytes).Soon()).Outcome);
        Assert.Equal(NotificationOutcome.TooMany, (await grain.Put("new", SlackBytes).Soon()).Outcome);
        Assert.True(await grain.Delete("n1").Soon());
        Assert.Equal(NotificationOutcome.Created, (await grain.Put("new", SlackBytes).Soon()).Outcome);
    }

    [Fact]
    public async Task Attention_WhatIsNew_IsToldOnce()
    {
        await using var cluster = await Start();
        var grain = await Put(
            cluster, """{"on":["attention","late"],"to":{"slack":"http://chat.example/x"},"digest":"1s"}""");
        ImmutableArray<AttentionNote> one =
            [new("node-lost w1", "Node w1 is lost <!channel>"), new("schedule-late s", "Schedule s is late")];
        await grain.Attend(one).Soon();
        await grain.Attend(one).Soon();
        await Until(cluster, grain, () => cluster.Sender.All.Count == 1);
        await grain.Attend([.. one, new("queue-stuck q", "Queue q is stuck")]).Soon();
        await Until(cluster, grain, () => cluster.Sender.All.Count == 2);
        // Another gateway does not see it, and then none does for a while.
        await grain.Attend([]).Soon();
        await grain.Attend(one).Soon();
        cluster.Time.Advance(TimeSpan.FromSeconds(61));
        await grain.Attend([]).Soon();
        await grain.Attend(one).Soon();
        await Until(cluster, grain, () => cluster.Sender.All.Count == 3);

        Assert.Equal(
            ["*1 need attention*\n• Node w1 is lost &lt;!channel&gt;", "*1 need attention*\n• Queue q is stuck",
                "*1 need attention*\n• Node w1 is lost &lt;!channel&gt;"],
            cluster.Sender.All.Select(TextOf));
    }

    [Fact]
    public async Task Pause_WhatHappensMeanwhile_IsNotTold()
    {
        await using var cluster = await Start();
        const string Body = """{"on":["failed"],"to":{"slack":"http://chat.example/x"},"digest":"1s","paused":true}""";
        var grain = await Put(cluster, Body);
        Append(5, TaskState.Failed);
        await Seconds(cluster, grain, 5);
        await Put(cluster, Body.Replace(",\"paused\":true", "", StringComparison.Ordinal));
        Append(1, TaskState.Failed);
        await Until(cluster, grain, () => cluster.Sender.All.Count == 1);

        Assert.Equal(1, Failures(cluster.Sender.All.Single()));
        Assert.True(await grain.Delete("n").Soon());
        Append(1, TaskState.Failed);
        await Seconds(cluster, grain, 5);
        Assert.Single(cluster.Sender.All);
        Assert.False(await grain.Delete("n").Soon());
        Assert.Equal(NotificationOutcome.NotFound, (await grain.Test("n").Soon()).Outcome);
    }

    private static INotificationGrain Grain(GrainCluster cluster) =>
        cluster.Grains.GetGrain<INotificationGrain>(INotificationGrain.OnlyKey);

    private static long Failures(WebhookRequest request) => long.Parse(
        Regex.Match(Encoding.UTF8.GetString(request.Body.Span), "([0-9,]+) failed").Groups[1].Value,
        NumberStyles.AllowThousands, CultureInfo.InvariantCulture);

    private static string TextOf(WebhookRequest request)
    {
        using var json = JsonDocument.Parse(request.Body);
        return json.RootElement.GetProperty("text").GetString()!;
    }

    private static async Task<INotificationGrain> Put(GrainCluster cluster, string body, string name = "n")
    {
        var grain = Grain(cluster);
        Assert.Null((await grain.Put(name, Encoding.UTF8.GetBytes(body)).Soon()).Fault);
        return grain;
    }

    // As a later version could have stored and changed it.
    private async Task StoreUnreadable(string name)
    {
        var row = new NotificationRow(name, 1, Encoding.UTF8.GetBytes(Unreadable), 5, 5);
        Assert.True(await store.Put(row));
        Assert.True(await store.Put(row with { Number = 2, ChangedAt = 6 }));
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    // A round reads the log, and a call waits for the round before it.
    private async Task Rounds(GrainCluster cluster, INotificationGrain grain, int count)
    {
        for (var i = 0; i < count; i++)
        {
            var next = Volatile.Read(ref read).Task;
            cluster.Time.Advance(TimeSpan.FromSeconds(1));
            await next.Soon();
            await grain.List().Soon();
        }
    }

    // While there is nothing to tell of, there are no rounds to wait for.
    private static async Task Seconds(GrainCluster cluster, INotificationGrain grain, int count)
    {
        for (var i = 0; i < count; i++)
        {
            cluster.Time.Advance(TimeSpan.FromSeconds(1));
            await grain.List().Soon();
        }
    }

    private async Task Until(GrainCluster cluster, INotificationGrain grain, Func<bool> holds)
    {
        for (var i = 0; i < 2_000 && !holds(); i++)
            await Rounds(cluster, grain, 1);
        Assert.True(holds());
    }

    private void Append(int count, TaskState state)
    {
        lock (log)
        {
            var number = log.Count + 1;
            log.Add(new EventRecord(
                GrainCluster.Key, number, 1,
                [.. Enumerable.Range(1, count).Select(i => new FeedEntry(new TaskId((ulong)number, (ulong)i), state, 1))],
                number));
        }
    }

    private async Task<GrainCluster> Start()
    {
        var cluster = await GrainCluster.StartAsync(
            add: services => services.AddSingleton(store).AddSingleton<IMailSender>(new NoMailSender()));
        cluster.Gate.Replace(nameof(ITaskStore.ReadEventLog), arguments =>
        {
            Interlocked.Exchange(ref read, NewSignal()).TrySetResult();
            lock (log)
            {
                return Task.FromResult(new EventLogPage(
                    0, log.Count, [.. log.Where(one => one.Number > (long)arguments[0]!).Take((int)arguments[1]!)]));
            }
        });
        return cluster;
    }
}
