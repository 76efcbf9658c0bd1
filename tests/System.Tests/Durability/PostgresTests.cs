using System.Collections.Concurrent;
using System.Net;
using System.Text.Json.Nodes;
using OrleansTasks.Queues;
using OrleansTasks.Storage.Postgres;
using OrleansTasks.System.Tests.Running;
using OrleansTasks.Tasks;
using OrleansTasks.Tests.Postgres;

namespace OrleansTasks.System.Tests.Durability;

/// <summary>The service on PostgreSQL, whose processes are killed, and whose database goes away and comes back.</summary>
[Trait("Needs", "postgres")]
public sealed class PostgresTests : DataFolders
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task KillsOfServiceAndDatabase_LoseNothingAcknowledgedAndEndNothingTwice()
    {
        using var server = new PostgresServer();
        var acknowledged = new ConcurrentDictionary<string, bool>();
        string printed;
        await using (var service = await Start(server))
        {
            Assert.Contains("PostgreSQL database postgres at 127.0.0.1", service.Log, StringComparison.Ordinal);
            printed = await service.Submit("yes 0123456789 | head -c 100000");
            await service.Ended(printed);
            var sending = Send(service, acknowledged, 400);
            await Until.Holds("100 tasks are acknowledged", Limit,
                () => Task.FromResult(acknowledged.Count >= 100 || sending.IsCompleted));
            await service.KillAll();
            await sending;
        }

        Assert.InRange(acknowledged.Count, 100, 400);
        await using (var restarted = await Start(server))
        {
            Assert.Equal(100_000, (await restarted.Http.GetStringAsync($"/api/v1/tasks/{printed}/output/stdout")).Length);
            var sending = Send(restarted, acknowledged, 400);
            var before = acknowledged.Count;
            await Until.Holds("100 more tasks are acknowledged", Limit,
                () => Task.FromResult(acknowledged.Count >= before + 100 || sending.IsCompleted));
            server.Kill();
            await Until.Holds("readiness tells of the store", Limit,
                async () => (await restarted.Http.GetAsync("/readyz")).StatusCode == HttpStatusCode.ServiceUnavailable);
            server.Start();
            await sending;
            await Until.Holds("the service takes tasks again", Limit, async () =>
                (await restarted.Post("/api/v1/tasks", new JsonObject { ["cmd"] = "true" })).StatusCode == HttpStatusCode.Accepted);
            await Until.Holds("every task has ended", Limit, async () => await Open(restarted) == 0);
            restarted.Terminate();
            Assert.Equal(0, await restarted.End());
        }

        var ends = await CountEnds(server);
        Assert.DoesNotContain(acknowledged.Keys, id => !ends.ContainsKey(id));
        Assert.All(ends, static task => Assert.Equal(1, task.Value));
    }

    [Fact]
    public async Task Start_WithoutItsDatabase_EndsWithOneAndSaysWhatToCheck()
    {
        var ended = await Finished.Run(BuiltPrograms.AllInOne, "--data", Data, "--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0",
            "--db", PostgresServer.Shared.ConnectionString("nowhere"));
        Assert.Equal(1, ended.ExitCode);
        Assert.Contains("--db: Cannot open the database.", ended.Errors, StringComparison.Ordinal);
        Assert.Contains("Check the connection string", ended.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Keys_MadeInTheDatabase_AreThoseOfItsService()
    {
        PostgresServer.Shared.CreateDatabase("keyed");
        var database = PostgresServer.Shared.ConnectionString("keyed");
        var made = await Otask.Run("key", "create", "--db", database, "--scope", "read");
        Assert.Equal(0, made.ExitCode);
        var listed = await Otask.Run("key", "list", "--db", database);
        Assert.Contains("read", listed.Output, StringComparison.Ordinal);

        await using var service = await Service.Start(Data, "--require-keys", "--db", database);
        Assert.Equal(HttpStatusCode.Unauthorized, (await service.Http.GetAsync("/api/v1/tasks")).StatusCode);
        service.Http.DefaultRequestHeaders.Authorization = new("Bearer", made.Output.Trim());
        Assert.Equal(HttpStatusCode.OK, (await service.Http.GetAsync("/api/v1/tasks")).StatusCode);
    }

    private Task<Service> Start(PostgresServer server) =>
        Service.Start(Data, "--lease", "8s", "--db", server.ConnectionString("postgres"));

    /// <summary>Sends until so many were tried; notes what was acknowledged.</summary>
    private static Task Send(Service service, ConcurrentDictionary<string, bool> acknowledged, int count)
    {
        var left = count;
        return Task.WhenAll(Enumerable.Range(0, 8).Select(async _ =>
        {
            try
            {
                while (Interlocked.Decrement(ref left) >= 0)
                {
                    using var answer = await service.Post("/api/v1/tasks", new JsonObject { ["cmd"] = "true" });
                    if (answer.StatusCode == HttpStatusCode.Accepted)
                        acknowledged[(string)JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["id"]!] = true;
                }
            }
            catch (HttpRequestException)
            {
                // The service was killed: what had no answer is not acknowledged.
            }
        }));
    }

    private static async Task<long> Open(Service service)
    {
        var states = JsonNode.Parse(await service.Http.GetStringAsync("/api/v1/tasks/summary"))!["byState"]!.AsObject();
        return states.Where(state => state.Key is not ("succeeded" or "failed" or "cancelled")).Sum(state => (long)state.Value!);
    }

    private static async Task<Dictionary<string, int>> CountEnds(PostgresServer server)
    {
        await using var database = await PostgresDatabase.Open(
            new PostgresStorageOptions { ConnectionString = server.ConnectionString("postgres") }, TimeProvider.System);
        var records = await new PostgresTaskStore(database).ReadEvents(QueueSettings.DefaultQueue, 0, 100_000);
        return records.SelectMany(static record => record.Entries).Where(static entry => entry.State.IsFinal())
            .GroupBy(static entry => entry.Task.ToString()).ToDictionary(static task => task.Key, static task => task.Count());
    }
}
