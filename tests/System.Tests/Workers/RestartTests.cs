using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.Workers;

/// <summary>
/// The service is killed and started again under load, with two remote workers: nothing acknowledged is lost, the workers come
/// back by themselves, and what runs meanwhile keeps its attempt.
/// </summary>
public sealed class RestartTests : DataFolders
{
    private const int LongTasks = 2;
    private const int MostBeforeKill = 200;
    // On a loaded machine a restart can take longer than half of the usual lease, which is all that is promised. Nothing may wait for
    // this one: what was assigned and never sent when the service died is given out again as soon as its worker is back.
    private static readonly string Lease = Environment.GetEnvironmentVariable("OTASK_WORKERS_LEASE") is { Length: > 0 } lease ? lease : "120s";
    private static readonly int Restarts = Campaign.Number("OTASK_WORKERS_RESTARTS", 2);
    private static readonly TimeSpan HeartbeatPeriod = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly ConcurrentDictionary<string, bool> acknowledged = new();
    private readonly List<double> back = [];
    private readonly Random random = new(Campaign.Seed);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ServiceKilledUnderLoad_NothingIsLostAndWhatRunsKeepsItsAttempt()
    {
        Campaign.TellSeed();
        string[] ports = ["--http", RestartAddress.Next(), "--grpc", RestartAddress.Next()];
        var service = await Service.Start(Data, ["--slots", "0", "--lease", Lease, .. ports]);
        try
        {
            await using var one = await WorkerProcess.Start(service, "one", In("one"), "--slots", "2");
            await using var two = await WorkerProcess.Start(service, "two", In("two"), "--slots", "2");
            var running = new List<string>();
            for (var i = 0; i < LongTasks; i++)
                running.Add(await service.Submit(
                    $"echo $TASK_ATTEMPT >> {In($"long{i}")}; while [ ! -e {In("go")} ]; do sleep 0.2; done; echo done"));
            for (var i = 0; i < LongTasks; i++)
                await Until.Holds($"long task {i} runs", Patience, () => Task.FromResult(File.Exists(In($"long{i}"))));

            for (var round = 1; round <= Restarts; round++)
            {
                using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
                var load = Load(service, stop.Token);
                var killAt = acknowledged.Count + random.Next(1, MostBeforeKill);
                var pause = HeartbeatPeriod * random.NextDouble();
                await Until.Holds("the load flows", Patience, () => Task.FromResult(acknowledged.Count >= killAt || load.IsCompleted));
                await Task.Delay(pause, TimeProvider.System, Cancellation);
                await service.KillAll();
                await stop.CancelAsync();
                await load;
                await service.DisposeAsync();
                service = await Service.Start(Data, ["--slots", "0", "--lease", Lease, .. ports]);
                var began = TimeProvider.System.GetTimestamp();
                await Until.Holds("both workers are back", Patience, () => AreBack(service));
                back.Add(TimeProvider.System.GetElapsedTime(began).TotalMilliseconds);
            }

            await File.WriteAllTextAsync(In("go"), "", Cancellation);
            for (var i = 0; i < LongTasks; i++)
            {
                var ended = await service.Ended(running[i]);
                Assert.True(((string?)ended["state"], (int)ended["attempt"]!) == ("succeeded", 1), $"""
                    {ended}
                    {await service.Http.GetStringAsync($"/api/v1/tasks/{running[i]}/attempts", Cancellation)}
                    {service.Log}
                    {one.Log}
                    {two.Log}
                    """);
                Assert.Equal(["1"], await File.ReadAllLinesAsync(In($"long{i}"), Cancellation));
                Assert.Equal("done\n", await service.Http.GetStringAsync($"/api/v1/tasks/{running[i]}/output/stdout", Cancellation));
            }

            foreach (var id in acknowledged.Keys)
                Assert.Equal("succeeded", (string?)(await service.Ended(id))["state"]);
            await Campaign.Keep("restarts", new JsonObject
            {
                ["rounds"] = Restarts,
                ["lease"] = Lease,
                ["readyToWorkersBackMs"] = Campaign.Figures(back),
                ["acknowledged"] = acknowledged.Count,
                ["lost"] = 0,
                ["attemptsOfWhatRan"] = 1,
            });
            Campaign.Check("workers back", back, goal: 5_000);
        }
        finally
        {
            await service.DisposeAsync();
        }
    }

    private async Task Load(Service service, CancellationToken stop)
    {
        await Task.WhenAll(Enumerable.Range(0, 4).Select(async _ =>
        {
            try
            {
                while (!stop.IsCancellationRequested)
                    acknowledged[await service.Submit("true")] = true;
            }
            catch (HttpRequestException)
            {
                // The service was killed: what had no answer is not acknowledged.
            }
        }));
    }

    private static async Task<bool> AreBack(Service service)
    {
        var nodes = JsonNode.Parse(await service.Http.GetStringAsync("/api/v1/nodes", Cancellation))!["items"]!.AsArray();
        return nodes.Count(static node => (string?)node!["state"] is "ready" or "busy") == 2;
    }
}
