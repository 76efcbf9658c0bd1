using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json.Nodes;
using OrleansTasks.System.Tests.Running;
using OrleansTasks.Tasks;

namespace OrleansTasks.System.Tests.Durability;

/// <summary>
/// Kills every process of the service while tasks are sent to it. By default one round with a few thousand; <c>make
/// campaign-kill</c> has more.
/// </summary>
public sealed class KillTests : DataFolders
{
    private const int Senders = 32;
    private static readonly int Submissions = Number("OTASK_KILL_SUBMISSIONS", 4_000);
    private static readonly int Rounds = Number("OTASK_KILL_ROUNDS", 1);
    private static readonly TimeSpan EndLimit = TimeSpan.FromMinutes(4);

    [Fact]
    public async Task KillDuringSubmissions_LosesNothingAcknowledgedAndEndsNothingTwice()
    {
        var rounds = new JsonArray();
        for (var round = 1; round <= Rounds; round++)
            rounds.Add(await Round(round));
        await CampaignEvidence.Write(
            "OTASK_KILL_EVIDENCE", "kill -9 of every process during submissions",
            new JsonObject { ["submissions"] = Submissions, ["rounds"] = rounds });
    }

    private async Task<JsonObject> Round(int round)
    {
        var data = In($"round-{round}");
        var acknowledged = new ConcurrentDictionary<string, bool>();
        // At a point that differs by round, so that different moments are hit.
        var killAt = Submissions * (1 + round % 3) / 4;
        await using (var service = await Service.Start(data, "--lease", "8s"))
        {
            var sending = Send(service, acknowledged, Submissions);
            await Until.Holds($"{killAt} tasks are acknowledged", EndLimit,
                () => Task.FromResult(acknowledged.Count >= killAt || sending.IsCompleted));
            await service.KillAll();
            await sending;
        }

        Assert.InRange(acknowledged.Count, killAt, Submissions);
        var atKill = acknowledged.Count;
        await using (var restarted = await Service.Start(data, "--lease", "8s"))
        {
            var before = acknowledged.Count;
            await Send(restarted, acknowledged, Submissions - before);
            Assert.Equal(Submissions, acknowledged.Count);
            await Until.Holds("every task has ended", EndLimit, async () => await Open(restarted) == 0);
            restarted.Terminate();
            Assert.Equal(0, await restarted.End());
        }

        var ends = await CountEnds(data);
        var lost = acknowledged.Keys.Where(id => !ends.ContainsKey(id)).ToArray();
        Assert.True(lost.Length == 0, $"{lost.Length} of {acknowledged.Count} acknowledged tasks are lost, such as {lost.FirstOrDefault()}");
        Assert.All(ends, task => Assert.Equal(1, task.Value));
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"round {round}: {atKill} acknowledged when everything was killed, {acknowledged.Count} in all, {ends.Count} ended, 0 lost");
        return new JsonObject
        {
            ["round"] = round,
            ["acknowledgedAtKill"] = atKill,
            ["acknowledged"] = acknowledged.Count,
            ["ended"] = ends.Count,
            ["lost"] = lost.Length,
            ["endedTwice"] = ends.Count(static task => task.Value > 1),
        };
    }

    private static async Task Send(Service service, ConcurrentDictionary<string, bool> acknowledged, int count)
    {
        var left = count;
        await Task.WhenAll(Enumerable.Range(0, Senders).Select(async _ =>
        {
            try
            {
                while (Interlocked.Decrement(ref left) >= 0)
                    acknowledged[await service.Submit("true")] = true;
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

    // Read from the store's own record of transitions, and from the rows: how often each task came to an end.
    private static async Task<Dictionary<string, int>> CountEnds(string data)
    {
        await using var stored = new StoredTransitions(data);
        var ends = (await stored.Read()).Where(static entry => entry.State.IsFinal())
            .CountBy(static entry => entry.Task.ToString()).ToDictionary(StringComparer.Ordinal);
        for (TaskId? before = null; ;)
        {
            var page = await stored.Store.List(TaskFilter.All, before, 1_000);
            if (page.IsEmpty)
                return ends;
            foreach (var task in page)
                Assert.True(task.State.IsFinal() && ends.ContainsKey(task.Id.ToString()), $"{task.Id} is {task.State}");
            before = page[^1].Id;
        }
    }

    private static int Number(string variable, int standard) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : standard;
}
