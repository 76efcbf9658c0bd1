using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.Durability;

/// <summary>
/// Kills the service while it makes its data folder, and starts it again. By default twice;
/// <c>make campaign-first-start</c> does it 200 times.
/// </summary>
public sealed class FirstStartTests : DataFolders
{
    private static readonly int Kills = int.Parse(
        Environment.GetEnvironmentVariable("OTASK_STARTS_KILLS") ?? "2", CultureInfo.InvariantCulture);

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LongestStart = TimeSpan.FromSeconds(1.5);

    /// <summary>Random moments after the data folder is there; Storage.Tests kills at each call that changes the database.</summary>
    [Fact]
    public async Task FirstStart_KilledAtAnyMoment_StartsAgain()
    {
        var seed = Environment.TickCount;
        var random = new Random(seed);
        var found = new SortedDictionary<string, int>(StringComparer.Ordinal);
        for (var kill = 0; kill < Kills; kill++)
        {
            var data = Path.Combine(Data, $"{kill}");
            var after = random.NextDouble() * LongestStart;
            await Kill(data, after);
            var left = Left(data);
            try
            {
                Assert.NotEqual("no folder", left);
                await using var service = await Service.Start(data, "--slots", "1");
                Assert.Equal("succeeded", (string?)(await service.Ended(await service.Submit("true")))["state"]);
                service.Terminate();
                Assert.Equal(0, await service.End());
            }
            catch (Exception failure)
            {
                throw new InvalidOperationException(
                    $"Killed after {after} (seed {seed}, kill {kill}), which left {left}.", failure);
            }

            found[left] = found.GetValueOrDefault(left) + 1;
            if (Directory.Exists(data))
                Directory.Delete(data, recursive: true);
        }

        await CampaignEvidence.Write(
            "OTASK_STARTS_EVIDENCE",
            "kill -9 of every process at a random moment of the first start; then a start that runs a task", new JsonObject
            {
                ["seed"] = seed,
                ["kills"] = Kills,
                ["withinSeconds"] = LongestStart.TotalSeconds,
                ["startedAgain"] = found.Values.Sum(),
                ["leftByTheKill"] = new JsonObject(found.Select(one => KeyValuePair.Create(one.Key, (JsonNode?)one.Value))),
            });
    }

    // What a kill left, so that the evidence shows how far the first starts had come.
    private static string Left(string data)
    {
        if (!Directory.Exists(data))
            return "no folder";
        var names = Directory.EnumerateFileSystemEntries(data).Select(Path.GetFileName).Order(StringComparer.Ordinal);
        return string.Join(", ", names) is { Length: > 0 } listed ? listed : "an empty folder";
    }

    private static async Task Kill(string data, TimeSpan after)
    {
        using var first = Process.Start(new ProcessStartInfo(BuiltPrograms.AllInOne,
            ["--data", data, "--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0"])
        {
            RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = BuiltPrograms.Repository,
        })!;
        // Before that, nothing is there that the next start could find half made.
        await Until.Holds("the start has begun", Limit, () => Task.FromResult(Directory.Exists(data)));
        await Task.Delay(after, TimeProvider.System);
        first.Kill(entireProcessTree: true);
        await first.WaitForExitAsync();
    }
}
