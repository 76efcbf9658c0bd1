using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json.Nodes;
using OrleansTasks.System.Tests.Running;
using OrleansTasks.Tests.Postgres;

namespace OrleansTasks.System.Tests.Durability;

/// <summary>
/// A backup of a store that a service writes to meanwhile. What it restores was the state at one moment: all that was acknowledged before the
/// backup began, no half of a batch, and the whole output of each task that has ended. <c>make campaign-interruptions</c> kills backups.
/// </summary>
public sealed class BackupTests : DataFolders
{
    private const int Batch = 20;

    // More than the store keeps in a row.
    private const int OutputBytes = 40_000;
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public Task Sqlite_BackedUpWhileWriting_RestoresOneMoment() => BackUpWhileWriting(["--data", Data], ["--data", In("restored")], [], []);

    [Fact, Trait("Needs", "postgres")]
    public Task Postgres_BackedUpWhileWriting_RestoresOneMoment()
    {
        var (from, to) = (Database("backed_up"), Database("restored"));
        return BackUpWhileWriting(from, to, from, to);
    }

    private async Task BackUpWhileWriting(string[] from, string[] to, string[] served, string[] servedAgain)
    {
        var kept = In("backup");
        string[] before;
        await using (var service = await Service.Start(Data, ["--slots", "4", .. served]))
        {
            var acknowledged = new ConcurrentQueue<string>();
            using var ending = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
            var writing = Write(service, acknowledged, ending.Token);
            await Until.Holds("batches are acknowledged", Limit, () => Task.FromResult(acknowledged.Count >= 8 || writing.IsCompleted));
            await Until.Holds("a task has succeeded", Limit, async () => (long)JsonNode.Parse(
                await service.Http.GetStringAsync("/api/v1/tasks/summary?state=succeeded", Cancellation))!["total"]! > 0);
            // As a backup that was killed leaves it.
            Directory.CreateDirectory($"{kept}.partial/output/left");
            await File.WriteAllTextAsync($"{kept}.partial/tasks.db", "half", Cancellation);
            before = [.. acknowledged];
            var made = await Otask.Run(["db", "backup", kept, .. from]);
            Assert.True(made.ExitCode == 0, made.Errors);
            Assert.False(Directory.Exists($"{kept}.partial"));
            Assert.False(Directory.Exists($"{kept}/output/left"));
            await Until.Holds("more was written during and after the backup", Limit, () => Task.FromResult(acknowledged.Count > before.Length + 2));
            await ending.CancelAsync();
            await writing;
        }

        var restored = await Otask.Run(["db", "restore", kept, "--pause", .. to]);
        Assert.True(restored.ExitCode == 0, restored.Errors);
        await using var again = await Service.Start(In("restored"), ["--slots", "0", .. servedAgain]);
        var counts = new Dictionary<string, int>(StringComparer.Ordinal);
        var ended = 0;
        await foreach (var task in Tasks(again))
        {
            var batch = (string)task["labels"]!["batch"]!;
            counts[batch] = counts.GetValueOrDefault(batch) + 1;
            if ((string)task["state"]! != "succeeded")
                continue;
            ended++;
            var output = await again.Http.GetByteArrayAsync($"/api/v1/tasks/{(string)task["id"]!}/output/stdout", Cancellation);
            Assert.Equal(OutputBytes, output.Length);
        }

        Assert.All(counts, static batch => Assert.Equal(Batch, batch.Value));
        Assert.DoesNotContain(before, batch => !counts.ContainsKey(batch));
        Assert.NotEqual(0, ended);
    }

    // Sends batches one after the other; notes those that were answered.
    private static async Task Write(Service service, ConcurrentQueue<string> acknowledged, CancellationToken cancellation)
    {
        for (var number = 0; !cancellation.IsCancellationRequested; number++)
        {
            var batch = number.ToString(CultureInfo.InvariantCulture);
            var tasks = Enumerable.Range(0, Batch).Select(_ => (JsonNode)new JsonObject
            {
                ["cmd"] = $"head -c {OutputBytes} /dev/zero", ["labels"] = new JsonObject { ["batch"] = batch },
            });
            using var answer = await service.Post("/api/v1/tasks/batch", new JsonObject { ["tasks"] = new JsonArray([.. tasks]) });
            Assert.Equal(202, (int)answer.StatusCode);
            acknowledged.Enqueue(batch);
        }
    }

    private static async IAsyncEnumerable<JsonNode> Tasks(Service service)
    {
        for (var cursor = ""; ;)
        {
            var page = JsonNode.Parse(await service.Http.GetStringAsync(
                $"/api/v1/tasks?limit=1000{(cursor is "" ? "" : $"&cursor={Uri.EscapeDataString(cursor)}")}", Cancellation))!;
            foreach (var task in page["items"]!.AsArray())
                yield return task!;
            if ((string?)page["nextCursor"] is not { } next)
                yield break;
            cursor = next;
        }
    }

    private static string[] Database(string name)
    {
        PostgresServer.Shared.CreateDatabase(name);
        return ["--db", PostgresServer.Shared.ConnectionString(name)];
    }
}
