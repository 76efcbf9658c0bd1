using System.Text;
using OrleansTasks.Audit;
using OrleansTasks.Jobs;
using OrleansTasks.Nodes;
using OrleansTasks.Queues;
using OrleansTasks.Schedules;
using OrleansTasks.Storage;
using OrleansTasks.Storage.Memory;
using OrleansTasks.Tasks;
using OrleansTasks.Webhooks;

namespace OrleansTasks.Grains.Tests.Cluster;

/// <summary>Grains store who asked for a change with the change, and only for the call that the caller made.</summary>
public sealed class AuditTests
{
    private ulong requests;

    [Fact]
    public async Task CancelAndRetry_CountWhatTheyChange()
    {
        await using var cluster = await GrainCluster.StartAsync();
        TaskId[] ids = [await cluster.Submit(), await cluster.Submit(), await cluster.Submit()];

        await As("task.cancel", "a", () => cluster.Dispatcher.Cancel([ids[0], ids[1]]));
        await As("task.cancel", "b", () => cluster.Dispatcher.Cancel([.. ids]));
        await As("task.retry", "c", () => cluster.Dispatcher.Retry([ids[0], ids[1]]));
        await As("task.cancel", "nothing", () => cluster.Dispatcher.Cancel([new TaskId(1, 1)]));

        Assert.Equal([("task.retry", "c", 2L), ("task.cancel", "b", 1L), ("task.cancel", "a", 2L)],
            await Records(cluster));
    }

    [Fact]
    public async Task Cancel_WhoseCommitFails_IsNotRecorded()
    {
        await using var cluster = await GrainCluster.StartAsync();
        var id = await cluster.Submit();
        cluster.Memory.Faults.Next(CommitFault.Fail);

        await Assert.ThrowsAsync<StoreUnavailableException>(
            () => As("task.cancel", "a", () => cluster.Dispatcher.Cancel([id])));

        Assert.Empty(await Records(cluster));
        Assert.Equal(TaskState.Queued, (await cluster.Get(id)).State);
    }

    [Fact]
    public async Task Cancel_WithTheOriginOfAnotherAction_IsNotRecorded()
    {
        await using var cluster = await GrainCluster.StartAsync();
        var id = await cluster.Submit();

        await As("job.cancel", "j", () => cluster.Dispatcher.Cancel([id]));

        Assert.Equal(TaskState.Cancelled, (await cluster.Get(id)).State);
        Assert.Empty(await Records(cluster));
    }

    [Fact]
    public async Task WhatADispatcherCallsOfItself_CarriesNoOrigin()
    {
        await using var cluster = await GrainCluster.StartAsync();

        // This call activates the dispatcher, which then asks the fleet.
        await As("task.cancel", "a", () => cluster.Dispatcher.Cancel([new TaskId(1, 1)]));
        await cluster.Arrivals.Of("Subscribe", 1);

        Assert.Equal(["Cancel"], cluster.Arrivals.Asked);
    }

    [Fact]
    public async Task Job_IsRecordedOnce_AndItsOwnCallsAreNot()
    {
        await using var cluster = await GrainCluster.StartAsync();
        var id = new TaskId(0x0190_0000_0000_7000, 1);
        var job = cluster.Grains.GetGrain<IJobGrain>(id.ToString());
        var spec =
            """{"queue":"default","source":{"stream":{}},"process":{"builtin":"identity"}}""";
        Assert.Equal(JobOutcome.Done, (await job.Create(Bytes(spec), null).Soon()).Outcome);

        Assert.True(await As("job.cancel", id.ToString(), job.Cancel));
        Assert.False(await As("job.cancel", id.ToString(), job.Cancel));

        Assert.Equal([("job.cancel", id.ToString(), 1L)], await Records(cluster));
        // The calls of its dispatcher that the job makes carry none.
        Assert.Equal(["Cancel", "Cancel"], cluster.Arrivals.Asked);
    }

    [Fact]
    public async Task Queue_SaysWhatWasAndWhatIs()
    {
        await using var cluster = await GrainCluster.StartAsync();
        var queue = cluster.Grains.GetGrain<IQueueGrain>("mail");

        await As("queue.put", "mail", () => queue.Put(new QueueChange(null) { MaxRunning = 3 }));
        await As("queue.put", "mail", () => queue.Put(new QueueChange(null) { Paused = true }));
        await As("queue.put", "mail", () => queue.Put(new QueueChange(null) { Version = 7 }));
        await As("queue.delete", "mail", () => queue.Delete(2));

        var records = await cluster.Audit.List(new AuditQuery(null, null, null, null, 10));
        Assert.Equal(["queue.delete", "queue.put", "queue.put"], records.Select(static record => record.Origin.Action));
        Assert.Null(records[2].Before);
        Assert.Equal(records[2].After, records[1].Before);
        Assert.Equal(
            """{"version":2,"paused":true,"maxRunning":3,"weight":1,"strategy":"leastLoaded"}""", records[1].After);
        Assert.Equal((records[1].After, null), (records[0].Before, records[0].After));
    }

    [Fact]
    public async Task Queue_KeepsWhoPausedItFirst_UntilItIsResumed()
    {
        await using var cluster = await GrainCluster.StartAsync();
        var queue = cluster.Grains.GetGrain<IQueueGrain>("mail");

        var paused = (await As(
            "queue.put", "mail", () => queue.Put(new QueueChange(null) { Paused = true }), "down")).Settings!;
        cluster.Time.Advance(TimeSpan.FromMinutes(1));
        var changed = (await As(
            "queue.put", "mail", () => queue.Put(new QueueChange(null) { Paused = true, Weight = 3 }), "x")).Settings!;
        var resumed = (await As(
            "queue.put", "mail", () => queue.Put(new QueueChange(null) { Paused = false }))).Settings!;

        Assert.Equal("down", paused.Pause!.Reason);
        Assert.Equal(paused.Pause, changed.Pause);
        Assert.Null(resumed.Pause);
    }

    [Fact]
    public async Task Schedule_WhatChangesNothing_IsNotRecorded()
    {
        await using var cluster = await GrainCluster.StartAsync();
        var spec = Bytes("""{"cron":"0 0 1 1 *","task":{"cmd":"true"}}""");

        await Ask("schedule.put", new ScheduleRequest(ScheduleAction.Put, "s") { Spec = spec });
        await Ask("schedule.resume", new ScheduleRequest(ScheduleAction.Resume, "s"));
        await Ask("schedule.pause", new ScheduleRequest(ScheduleAction.Pause, "s"));
        await Ask("schedule.pause", new ScheduleRequest(ScheduleAction.Pause, "none"));
        await Ask("schedule.trigger", new ScheduleRequest(ScheduleAction.Trigger, "s") { Task = new TaskId(5, 5) });
        await Ask("schedule.backfill-cancel", new ScheduleRequest(ScheduleAction.CancelBackfill, "s"));
        await Ask("schedule.delete", new ScheduleRequest(ScheduleAction.Delete, "s"));

        var records = await cluster.Audit.List(new AuditQuery(null, null, "s", null, 10));
        Assert.Equal(
            ["schedule.delete", "schedule.trigger", "schedule.pause", "schedule.put"],
            records.Select(static record => record.Origin.Action));
        Assert.Equal(("""{"version":1,"paused":false}""", """{"version":2,"paused":true}"""),
            (records[2].Before, records[2].After));

        Task<ScheduleReply> Ask(string action, ScheduleRequest request) =>
            As(action, null, () => cluster.Dispatcher.Schedule(request));
    }

    [Fact]
    public async Task NodesAndWebhooks_AreRecorded_WithoutSecrets()
    {
        await using var cluster = await GrainCluster.StartAsync();
        await cluster.Worker("w");
        var webhooks = cluster.Grains.GetGrain<IWebhookGrain>(IWebhookGrain.OnlyKey);

        Assert.True(await As("node.drain", "w", () => cluster.Grains.GetGrain<INodeGrain>("w").SetDraining(true)));
        Assert.True(await As("node.resume", "w", () => cluster.Grains.GetGrain<INodeGrain>("w").SetDraining(false)));
        await As("webhook.create", null,
            () => webhooks.Create("h", "http://host.example/s3cret?t=s3cret", WebhookTypes.Queue));
        await As("webhook.rotate", "h", () => webhooks.Rotate("h"));
        await As("webhook.pause", "h", () => webhooks.Change("h", new WebhookChange(null, null, true)));
        await As("webhook.delete", "h", () => webhooks.Delete("h"));

        Assert.Equal(
            [("webhook.delete", "h", 1L), ("webhook.pause", "h", 1L), ("webhook.rotate", "h", 1L),
                ("webhook.create", "h", 1L),
                ("node.resume", "w", 1L), ("node.drain", "w", 1L)],
            await Records(cluster));
        var all = await cluster.Audit.List(new AuditQuery(null, null, null, null, 10));
        Assert.DoesNotContain(all,
            static record => $"{record.Before}{record.After}".Contains("s3cret", StringComparison.Ordinal));
        Assert.Equal("""{"host":"host.example","types":["queue"],"paused":true}""", all[1].After);
    }

    // Attaches the origin to this call alone.
    private async Task<T> As<T>(string action, string? target, Func<Task<T>> call, string? reason = null)
    {
        new Origin(new TaskId(0, ++requests), action, target) { Reason = reason }.Attach();
        return await call().Soon();
    }

    private static async Task<IEnumerable<(string Action, string? Target, long Count)>> Records(GrainCluster cluster) =>
        (await cluster.Audit.List(new AuditQuery(null, null, null, null, 100)))
            .Select(static record => (record.Origin.Action, record.Origin.Target, record.Count));

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);
}
