using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.Durability;

/// <summary>
/// Kills every process of the service while schedules start tasks, jobs and workflows, and runs <c>otask schedule</c>.
/// <c>OTASK_SCHEDULE_ROUNDS</c> sets how many kills there are.
/// </summary>
public sealed class ScheduleKillTests : DataFolders
{
    private const int Schedules = 6;

    // After so many rounds come new schedules: what an old one has done is checked while all of it is kept, and on one page.
    private const int RoundsOfASet = 25;

    private const string Sum =
        """{"source":{"range":{"from":0,"to":100}},"process":{"builtin":"identity"},"aggregate":[{"op":"sum"}],"chunkSize":40}""";

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    private static readonly int Rounds = int.TryParse(
        Environment.GetEnvironmentVariable("OTASK_SCHEDULE_ROUNDS"), CultureInfo.InvariantCulture, out var rounds) ? rounds : 1;

    [Fact]
    public async Task Kill_WhileSchedulesStart_EachTimeIsStartedOnce()
    {
        var random = new Random(11);
        var times = 0;
        for (var round = 0; round <= Rounds; round++)
        {
            await using var service = await Service.Start(Data, "--lease", "8s");
            var set = round / RoundsOfASet;
            if (round % RoundsOfASet == 0)
            {
                for (var i = 0; i < Schedules; i++)
                    Assert.Equal(HttpStatusCode.Created, await Put(service, IdOf(set, i), TargetOf(i)));
            }

            // The kills come at different moments of a second, since starts of the service take different times.
            var known = await Started(service, set);
            var enough = known + random.Next(1, 3 * Schedules);
            await Until.Holds("more times have started", Limit, async () => await Started(service, set) >= enough);
            if (round == Rounds || round % RoundsOfASet == RoundsOfASet - 1)
                times += await Check(service, set);
            if (round < Rounds)
                await service.KillAll();
        }

        await CampaignEvidence.Write(
            "OTASK_SCHEDULES_EVIDENCE", "kill -9 of every process while schedules start tasks, jobs and workflows", new JsonObject
            {
                ["rounds"] = Rounds,
                ["schedulesAtATime"] = Schedules,
                ["times"] = times,
                ["missing"] = 0,
                ["startedTwice"] = 0,
            });
    }

    [Fact]
    public async Task Kill_WhileJobsOfAScheduleRun_NoneStartsBeforeTheOneBeforeItHasEnded()
    {
        const int Jobs = 4;
        // So that all of its jobs are on one page.
        var rounds = Math.Min(Rounds, 200);
        var random = new Random(13);
        // Each takes about two seconds, and a time comes every second.
        const string Slow = """
            {"source":{"range":{"from":0,"to":20}},"process":{"builtin":"identity"},"aggregate":[{"op":"sum"}],
             "chunkSize":5,"pace":{"itemsPerSecond":10}}
            """;
        for (var round = 0; round <= rounds; round++)
        {
            await using var service = await Service.Start(Data, "--lease", "8s");
            if (round == 0)
                Assert.Equal(HttpStatusCode.Created, await Put(service, "slow", "queueOne", "job", Slow));
            var enough = (await Items(service, JobsOf("slow"))).Length
                + (round == rounds ? Jobs : random.Next(1, Jobs));
            await Until.Holds(
                "more jobs have started", Limit, async () => (await Items(service, JobsOf("slow"))).Length >= enough);
            if (round == rounds)
                await CheckOneAfterTheOther(service);
            else
                await service.KillAll();
        }
    }

    [Fact]
    public async Task Otask_MakesShowsChangesAndTriesASchedule()
    {
        await using var service = await Service.Start(Data, "--slots", "0");
        var made = await Command("put", "nightly", "--cron", "0 3 * * *", "--zone", "Europe/Berlin", "--overlap", "queueOne", "echo night");
        Assert.Equal((0, ""), (made.ExitCode, made.Errors));
        Assert.Matches("overlap +queueOne", made.Output);
        Assert.Contains("Europe/Berlin", (await Command("list")).Output, StringComparison.Ordinal);
        Assert.Matches("paused +true", (await Command("pause", "nightly")).Output);
        Assert.Matches("paused +false", (await Command("resume", "nightly")).Output);
        Assert.Matches("state +queued", (await Command("trigger", "nightly")).Output);
        Assert.Matches("trigger +started", (await Command("occurrences", "nightly")).Output);
        var backfill = await Command("backfill", "nightly", "--from", "2026-01-01T00:00:00Z", "--to", "2026-01-04T00:00:00Z");
        Assert.Matches("accepted +3", backfill.Output);
        Assert.Matches("cancelled +2", (await Command("cancel-backfill", "nightly")).Output);
        Assert.Equal(2, (await Command("put", "nothing", "--every", "1h")).ExitCode);
        Assert.Equal(1, (await Command("put", "often", "--every", "1ms", "true")).ExitCode);
        Assert.Matches("every +1h", (await Command("put", "hourly", "--every", "1h", "--", "/bin/echo", "an hour")).Output);
        var file = In("flow.json");
        await File.WriteAllTextAsync(
            file, """{"nodes":[{"name":"a","task":{"cmd":"true"}}]}""", TestContext.Current.CancellationToken);
        Assert.Equal(2, (await Command("put", "flow", "--every", "1h", "--workflow", file, "true")).ExitCode);
        Assert.Matches("overlap +skip", (await Command("put", "flow", "--every", "1h", "--workflow", file)).Output);
        Assert.Matches("every 1h", (await Command("list")).Output);
        Assert.Matches("state +running", (await Command("trigger", "flow")).Output);
        Assert.Matches("started.* running", (await Command("occurrences", "flow")).Output);
        var job = In("job.json");
        await File.WriteAllTextAsync(job, Sum, TestContext.Current.CancellationToken);
        Assert.Equal(2, (await Command("put", "sums", "--every", "1h", "--job", job, "--workflow", file)).ExitCode);
        Assert.Equal(2, (await Command("put", "sums", "--every", "1h", "--job", job, "--queue", "q")).ExitCode);
        Assert.Matches("overlap +skip", (await Command("put", "sums", "--every", "1h", "--job", job)).Output);
        Assert.Matches("state +running", (await Command("trigger", "sums")).Output);
        Assert.Matches("started.* running", (await Command("occurrences", "sums")).Output);
        Assert.Equal(0, (await Command("delete", "nightly")).ExitCode);
        Assert.Equal(1, (await Command("show", "nightly")).ExitCode);

        Task<Finished> Command(params string[] args) => Otask.Run(service, ["schedule", .. args]);
    }

    // From the first time to the last none is missing and none is there twice; each has a
    // task, a job or a workflow, and none of these is without one. Returns how many times
    // there are.
    private static async Task<int> Check(Service service, int set)
    {
        var found = 0;
        for (var i = 0; i < Schedules; i++)
        {
            var id = IdOf(set, i);
            using var paused = await service.Http.PostAsync($"/api/v1/schedules/{id}/pause", null);
            Assert.Equal(HttpStatusCode.OK, paused.StatusCode);
            var occurrences = await Items(service, $"/api/v1/schedules/{id}/occurrences?limit=1000");
            var times = occurrences.Select(static one => Time(one, "time")).Reverse().ToArray();
            Assert.Equal(Enumerable.Range(0, times.Length).Select(second => times[0].AddSeconds(second)), times);
            Assert.All(occurrences, static one => Assert.Equal("started", (string)one["outcome"]!));
            var what = TargetOf(i);
            var started = await Items(service, $"/api/v1/{what}s?limit=1000&label=schedule%3D{id}");
            Assert.Equal(
                occurrences.Select(one => (string)one[what]!).Order(StringComparer.Ordinal),
                started.Select(static one => (string)one["id"]!).Order(StringComparer.Ordinal));
            await Until.Holds("everything that was started has ended", Limit, async () =>
                (await Items(service, $"/api/v1/schedules/{id}/occurrences?limit=1000"))
                    .All(static one => (string)one["state"]! == "succeeded"));
            if (what == "job")
                Assert.All(
                    await Items(service, JobsOf(id)), static job => Assert.Equal(4950, (int)job["aggregate"]!["sum"]!));
            found += times.Length;
        }

        return found;
    }

    private static async Task CheckOneAfterTheOther(Service service)
    {
        using var paused = await service.Http.PostAsync("/api/v1/schedules/slow/pause", null);
        await Until.Holds("the last job has ended", Limit, async () =>
            (await Items(service, JobsOf("slow"))).All(static job => (string)job["state"]! == "succeeded"));
        var jobs = (await Items(service, JobsOf("slow"))).Reverse().ToArray();
        Assert.All(jobs, static job => Assert.Equal(190, (int)job["aggregate"]!["sum"]!));
        for (var i = 1; i < jobs.Length; i++)
        {
            Assert.True(
                Time(jobs[i], "createdAt") >= Time(jobs[i - 1], "endedAt"),
                $"{jobs[i]} began before {jobs[i - 1]} had ended.");
        }

        var started = await Items(service, "/api/v1/schedules/slow/occurrences?limit=1000&outcome=started");
        Assert.Equal(
            jobs.Select(static job => (string)job["id"]!), started.Reverse().Select(static one => (string)one["job"]!));
        Assert.All(started, static one => Assert.Equal("succeeded", (string)one["state"]!));
    }

    private static DateTimeOffset Time(JsonNode shown, string field) =>
        DateTimeOffset.Parse((string)shown[field]!, CultureInfo.InvariantCulture);

    private static async Task<int> Started(Service service, int set)
    {
        var count = 0;
        for (var i = 0; i < Schedules; i++)
            count += (await Items(service, $"/api/v1/schedules/{IdOf(set, i)}/occurrences?limit=1000&outcome=started")).Length;
        return count;
    }

    private static async Task<JsonNode[]> Items(Service service, string path) =>
        [.. JsonNode.Parse(await service.Http.GetStringAsync(path))!["items"]!.AsArray().Select(static one => one!)];

    private static string IdOf(int set, int number) => $"s{set}-{number}";

    private static string TargetOf(int number) => (number % 3) switch { 0 => "task", 1 => "job", _ => "workflow" };

    private static string JobsOf(string id) => $"/api/v1/jobs?limit=1000&label=schedule%3D{id}";

    private static async Task<HttpStatusCode> Put(Service service, string id, string target)
    {
        var start = target switch
        {
            "task" => """{"cmd":"true"}""",
            "job" => Sum,
            _ => """{"nodes":[{"name":"a","task":{"cmd":"true"}},{"name":"b","task":{"cmd":"true"},"after":["a"]}]}""",
        };
        return await Put(service, id, "allow", target, start);
    }

    private static async Task<HttpStatusCode> Put(
        Service service, string id, string overlap, string target, string start)
    {
        using var body = new StringContent(
            $$"""{"every":"1s","overlap":"{{overlap}}","startWithin":"7d","{{target}}":{{start}}}""", Encoding.UTF8, "application/json");
        using var answer = await service.Http.PutAsync($"/api/v1/schedules/{id}", body);
        return answer.StatusCode;
    }
}
