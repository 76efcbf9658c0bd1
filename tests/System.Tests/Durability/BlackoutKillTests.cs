using System.Globalization;
using System.Text.Json.Nodes;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.Durability;

/// <summary>Calendars and blackouts of real processes, over kills, and by <c>otask</c>.</summary>
public sealed class BlackoutKillTests : DataFolders
{
    private const string Ics = """
        BEGIN:VCALENDAR
        VERSION:2.0
        PRODID:-//test//EN
        BEGIN:VEVENT
        UID:freeze
        DTSTAMP:20260101T000000Z
        DTSTART;TZID=W. Europe Standard Time:20260101T000000
        DURATION:P1D
        RRULE:FREQ=DAILY
        SUMMARY:Every day
        END:VEVENT
        END:VCALENDAR
        """;

    [Fact]
    public async Task Blackout_OverAKill_HoldsTasks_AndStartsThemAtItsEnd()
    {
        string calendar, task;
        File.WriteAllText(In("freeze.ics"), Ics.ReplaceLineEndings("\r\n"));
        await using (var service = await Service.Start(Data, "--lease", "8s"))
        {
            await Run(service, "calendar", "set", "freeze", "--ics", In("freeze.ics"), "--zone", "Europe/Berlin");
            await Run(service, "queue", "set", "default", "--blackout", "freeze");
            await Run(service, "schedule", "set", "hourly", "--cron", "0 * * * *", "--except", "freeze", "--on-blackout", "skip", "--expect-by", "10m", "--", "true");
            task = (await Run(service, "submit", "true")).Trim();
            calendar = await service.Http.GetStringAsync("/api/v1/calendars/freeze");
            await Held(service, task);
            await service.KillAll();
        }

        await using var again = await Service.Start(Data, "--lease", "8s");
        await Held(again, task);
        Assert.Equal(calendar, await again.Http.GetStringAsync("/api/v1/calendars/freeze"));
        var schedule = JsonNode.Parse(await again.Http.GetStringAsync("/api/v1/schedules/hourly"))!;
        Assert.Equal(("skip", "10m", "freeze"), ((string?)schedule["onBlackout"], (string?)schedule["expectBy"], (string?)schedule["except"]![0]));
        var preview = await Run(again, "schedule", "preview", "hourly");
        Assert.Contains("falls out: in the calendar freeze", preview, StringComparison.Ordinal);
        var refused = await Otask.Run("--url", again.Url.ToString(), "calendar", "delete", "freeze");
        Assert.NotEqual(0, refused.ExitCode);
        Assert.Contains("queue default", refused.Errors, StringComparison.Ordinal);

        var end = TimeProvider.System.GetUtcNow().AddSeconds(3);
        await Run(again, "queue", "set", "default", "--blackout", $"2026-01-01T00:00:00Z/{end.ToString("O", CultureInfo.InvariantCulture)}");

        var ended = JsonNode.Parse(await again.Http.GetStringAsync($"/api/v1/tasks/{task}?wait=60s"))!;
        Assert.Equal("succeeded", (string?)ended["state"]);
        // The worker's clock is the service's; a time of an answer has milliseconds.
        Assert.True(DateTimeOffset.Parse((string)ended["startedAt"]!, CultureInfo.InvariantCulture) >= end.AddMilliseconds(-1), ended.ToJsonString());
        await Run(again, "schedule", "delete", "hourly");
        await Run(again, "calendar", "delete", "freeze");
    }

    private static async Task<string> Run(Service service, params string[] words)
    {
        var ended = await Otask.Run(["--url", service.Url.ToString(), .. words]);
        Assert.True(ended.ExitCode == 0, $"{string.Join(' ', words)}: {ended.Errors}");
        return ended.Output;
    }

    private static Task Held(Service service, string task) => Until.Holds("the blackout holds the task", TimeSpan.FromMinutes(1), async () =>
    {
        var why = JsonNode.Parse(await service.Http.GetStringAsync($"/api/v1/tasks/{task}/why"))!;
        return why["reasons"]!.AsArray().Any(static reason => (string?)reason!["code"] == "blackout");
    });
}
