using System.Text.Json.Nodes;

namespace OrleansTasks.System.Tests.CommandLine;

/// <summary><c>otask schedule</c> against scripted gateways.</summary>
public sealed class ScheduleCommandTests
{
    private const string Times = """{"times":["2030-01-02T03:04:05.000Z","2030-01-03T03:04:05.000Z"],"notes":["a clock changes"]}""";

    [Theory]
    [InlineData(
        """{"id":"s","cron":"0 3 * * *","timeZone":"Europe/Berlin","task":{"cmd":"true"},"startAt":null,"endAt":null,"paused":true,"createdAt":"2029-01-01T00:00:00.000Z"}""",
        """{"cron":"0 3 * * *","timeZone":"Europe/Berlin"}""", "Wed 2030-01-02 04:04:05 Europe/Berlin", "Thu 2030-01-03 04:04:05 Europe/Berlin")]
    [InlineData(
        """{"id":"s","every":"5m","task":{"cmd":"true"},"startAt":null,"endAt":"2031-01-01T00:00:00.000Z","paused":true,"createdAt":"2029-01-01T00:00:00.000Z"}""",
        """{"every":"5m","startAt":"2029-01-01T00:00:00.000Z","endAt":"2031-01-01T00:00:00.000Z"}""", "Wed 2030-01-02 03:04:05 UTC", "Thu 2030-01-03 03:04:05 UTC")]
    public async Task Preview_OfAPausedSchedule_AsksWithItsTimes(string schedule, string asked, params string[] local)
    {
        await using var gateway = await StubGateway.Start(
            ("/api/v1/schedules/s", schedule), ("/api/v1/schedules/preview", Times));

        var ended = await gateway.Otask("schedule", "preview", "s");

        Assert.Equal(
            new Running.Finished(
                0, $"2030-01-02T03:04:05.000Z  {local[0]}\n2030-01-03T03:04:05.000Z  {local[1]}\na clock changes\n", ""), ended);
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(asked), JsonNode.Parse(Assert.Single(gateway.Bodies))), gateway.Bodies.First());
    }

    [Fact]
    public async Task Preview_OfAnExpression_NeedsNoSchedule()
    {
        await using var gateway = await StubGateway.Start(("/api/v1/schedules/preview", Times));

        Assert.Equal(0, (await gateway.Otask("schedule", "preview", "--cron", "0 3 * * *", "--zone", "UTC")).ExitCode);
        Assert.Equal(2, (await gateway.Otask("schedule", "preview")).ExitCode);
        Assert.Equal(2, (await gateway.Otask("schedule", "preview", "s", "--every", "5m")).ExitCode);

        Assert.True(JsonNode.DeepEquals(
            JsonNode.Parse("""{"cron":"0 3 * * *","timeZone":"UTC"}"""), JsonNode.Parse(Assert.Single(gateway.Bodies))));
    }

    [Fact]
    public async Task Set_WithFiles_SendsTheFolder()
    {
        await using var gateway = await StubGateway.Start(
            ("/api/v1/schedules/s", """{"id":"s","every":"1m","task":{"cmd":"true"},"paused":false,"nextRuns":[]}"""));

        string[] words = ["schedule", "set", "s", "--every", "1m", "--files", "w1:/in/a b/*.csv"];
        Assert.Equal(0, (await gateway.Otask([.. words, "--settled", "5s", "--skip-existing", "echo x"])).ExitCode);
        Assert.Equal(2, (await gateway.Otask("schedule", "set", "s", "--every", "1m", "--files", "/in", "true")).ExitCode);
        Assert.Equal(2, (await gateway.Otask("schedule", "set", "s", "--every", "1m", "--settled", "5s", "true")).ExitCode);

        Assert.True(JsonNode.DeepEquals(
            JsonNode.Parse("""{"node":"w1","folder":"/in/a b","match":"*.csv","settled":"5s","existing":"skip"}"""),
            JsonNode.Parse(Assert.Single(gateway.Bodies))!["files"]));
    }

    [Fact]
    public async Task List_SaysHowTheLastRunEnded()
    {
        await using var gateway = await StubGateway.Start(
            ("/api/v1/schedules", """
                {"items":[{"id":"s","queue":"q","every":"5m","task":{"cmd":"x"},"overlap":"skip","paused":false,"lastRun":"2030-01-02T03:04:05.000Z","nextRuns":[]},
                  {"id":"new","queue":"q","every":"5m","task":{"cmd":"x"},"overlap":"skip","paused":false,"lastRun":null,"nextRuns":[]}]}
                """),
            ("/api/v1/schedules/s/occurrences", """{"items":[{"outcome":"started","state":"failed"}]}"""));

        var rows = (await gateway.Otask("schedule", "list")).Output.Split('\n');

        Assert.EndsWith("  LAST RUN                  STATE   NEXT RUN", rows[0], StringComparison.Ordinal);
        Assert.EndsWith("  2030-01-02T03:04:05.000Z  failed", rows[1], StringComparison.Ordinal);
        Assert.Equal(
            ["/api/v1/schedules?limit=100", "/api/v1/schedules/s/occurrences?outcome=started&limit=1"], gateway.Asked);
    }

    [Fact]
    public async Task List_OfSeveralPages_ReadsOnAndSaysWhereItStops()
    {
        const string schedule = """{"id":"s","every":"5m","task":{"cmd":"x"},"lastRun":null,"nextRuns":[]}""";
        var page = string.Join(',', Enumerable.Repeat(schedule, 50));
        await using var gateway = await StubGateway.Start(
            ("/api/v1/schedules", $$"""{"items":[{{page}}],"nextCursor":"more"}"""));

        var ended = await gateway.Otask("schedule", "list", "--json");

        Assert.Equal(
            (0, "otask: only the first 100 are listed; --limit 0 lists all\n"), (ended.ExitCode, ended.Errors));
        Assert.Equal(["/api/v1/schedules?limit=100", "/api/v1/schedules?cursor=more&limit=50"], gateway.Asked);
        var answer = JsonNode.Parse(ended.Output)!;
        Assert.Equal((100, "more"), (answer["items"]!.AsArray().Count, (string?)answer["nextCursor"]));
    }

    [Theory]
    [InlineData("true", "otask: the schedule was paused and is active now; --paused keeps it paused.\n")]
    [InlineData("true", "", "--paused")]
    [InlineData("false", "")]
    public async Task Set_OfAPausedSchedule_SaysThatItIsActive(string paused, string said, params string[] options)
    {
        await using var gateway = await StubGateway.Start(
            ("/api/v1/schedules/s", $$"""{"id":"s","paused":{{paused}}}"""));

        var ended = await gateway.Otask(["schedule", "set", "s", "--every", "5m", .. options, "--", "date"]);

        Assert.Equal((0, said), (ended.ExitCode, ended.Errors));
    }

    [Fact]
    public async Task Get_OfAPausedSchedule_SaysWhereItsTimesAre()
    {
        await using var gateway = await StubGateway.Start(
            ("/api/v1/schedules/s", """{"id":"s","paused":true,"nextRuns":[]}"""));

        Assert.Contains(
            "nextRuns          none while paused; see: otask schedule preview s\n", (await gateway.Otask("schedule", "get", "s")).Output,
            StringComparison.Ordinal);
    }
}
