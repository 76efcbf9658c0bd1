using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansTasks.Client.Tasks;
using OrleansTasks.Cluster;
using OrleansTasks.Cluster.Link;
using OrleansTasks.Dispatch;
using OrleansTasks.Silo.Upkeep;
using OrleansTasks.System.Tests.Running;
using OrleansTasks.System.Tests.Silo;
using OrleansTasks.Tasks;
using OrleansTasks.Tests.Postgres;

namespace OrleansTasks.System.Tests.Apart;

/// <summary>Two silos that share a database: which of them owns which queues.</summary>
[Trait("Needs", "postgres")]
public sealed class OrleansHomesTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    private static readonly string[] Queues =
        [.. Enumerable.Range(0, 8).Select(static number => $"q{number}")];

    [Fact]
    public async Task SiloJoins_GetsItsShareOfTheQueuesUnderLoad_AndNoTaskIsLostOrRefused()
    {
        using var server = new PostgresServer();
        await using var first = await Start(server, withWorker: true);
        var load = new Load(first.Grains);
        await load.SubmitToAll();
        Assert.Superset(Queues.ToHashSet(), Owned(first).ToHashSet());

        using var ending = new CancellationTokenSource();
        var loading = load.SubmitUntil(ending.Token);
        await using var second = await Start(server, withWorker: false);
        await Until.Holds("each queue is at its home", Limit, () => Task.FromResult(IsHome(first) && IsHome(second)
            && Owned(first).Count + Owned(second).Count == Queues.Length + 1));
        var share = Queues.Length + 1 - QueueHomes.ShareOf(Queues.Length + 1, 2);
        Assert.InRange(Owned(second).Count, share, Queues.Length);
        Assert.Empty(Owned(first).Intersect(Owned(second)));

        // The second silo takes its queues' tasks.
        await load.SubmitToAll();
        await ending.CancelAsync();
        await loading;
        await AllSucceeded(first, load);

        // It leaves, and its queues go back to the first one.
        await second.Stop();
        await load.SubmitToAll();
        await AllSucceeded(first, load);
        Assert.Superset(Queues.ToHashSet(), Owned(first).ToHashSet());
    }

    private static Task<OneProcess> Start(PostgresServer server, bool withWorker) => OneProcess.StartAsync(
        silo =>
        {
            silo.Database = server.ConnectionString("postgres");
            silo.Listen = IPEndPoint.Parse(RestartAddress.Next());
            silo.Lease = TimeSpan.FromSeconds(30);
            silo.MoveAfter = TimeSpan.FromSeconds(3);
        },
        static worker => worker.Slots = 8,
        withWorker: withWorker);

    private static IReadOnlyCollection<string> Owned(OneProcess silo) =>
        silo.Services.GetRequiredService<LocalDispatchers>().Queues;

    private static bool IsHome(OneProcess silo) =>
        Owned(silo).All(silo.Services.GetRequiredService<SiloHomes>().IsHere);

    private static async Task AllSucceeded(OneProcess silo, Load load)
    {
        foreach (var id in load.Acknowledged.Keys)
        {
            TaskRecord? task = null;
            await Until.Holds("a task has ended", Limit, async () =>
                (task = await silo.Store.Get(id)) is { State: TaskState.Succeeded or TaskState.Failed or TaskState.Cancelled });
            Assert.Equal((TaskState.Succeeded, 1), (task!.State, task.Attempt));
        }
    }

    /// <summary>Tasks for all queues.</summary>
    private sealed class Load(IGrainFactory grains)
    {
        // As a gateway sends them: a queue that moves is the new owner's.
        private readonly SubmitPump pump = new(
            new GatewayGrains(grains), new Idempotency(), new LocalCluster(), TimeProvider.System, NullLogger<SubmitPump>.Instance);

        private readonly TaskIdSource ids = new(TimeProvider.System, new Random(1));

        public ConcurrentDictionary<TaskId, bool> Acknowledged { get; } = new();

        public Task SubmitToAll() => Task.WhenAll(Queues.Select(Submit));

        public async Task SubmitUntil(CancellationToken ending)
        {
            while (!ending.IsCancellationRequested)
            {
                await SubmitToAll();
                await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System, CancellationToken.None);
            }
        }

        private async Task Submit(string queue)
        {
            TaskId id;
            lock (ids)
                id = ids.Next();
            var submission = new TaskSubmission(
                id, "test", 5, 0, 0, RetryPolicy.Default, [], [], Limits.None,
                JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, object> { ["cmd"] = "true" }), default);
            var verdict = await pump.Submit(queue, new SubmitRequest([submission], null, null), bytes: 100);
            Assert.Null(verdict.Refusal);
            Acknowledged[id] = true;
        }
    }
}
