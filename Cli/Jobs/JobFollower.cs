using System.Globalization;
using System.Text.Json.Nodes;
using OrleansTasks.Cli.Api;
using OrleansTasks.Cli.Output;
using Spectre.Console;

namespace OrleansTasks.Cli.Jobs;

/// <summary>Waits until a job has ended, with a progress bar on a terminal.</summary>
internal static class JobFollower
{
    private static readonly TimeSpan Glance = TimeSpan.FromMilliseconds(250);

    /// <summary>Returns the job when it has ended.</summary>
    public static async Task<JsonNode> Follow(
        Gateway gateway, string id, bool showsProgress, CancellationToken cancellation, int patience = Patience.Usual)
    {
        if (!showsProgress)
            return await Wait(gateway, id, "60s", static _ => { }, patience, cancellation);
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        JsonNode? last = null;
        await console.Progress().AutoClear(true)
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new SpinnerColumn())
            .StartAsync(async context =>
            {
                var bar = context.AddTask(Markup.Escape($"job {id}"), maxValue: 100);
                bar.IsIndeterminate = true;
                last = await Wait(gateway, id, "250ms", job => Show(bar, job), patience, cancellation);
            });
        console.WriteLine(TerminalText.Line(Sum(last!)));
        return last!;
    }

    private static async Task<JsonNode> Wait(
        Gateway gateway, string id, string wait, Action<JsonNode> show, int most, CancellationToken cancellation)
    {
        var patience = new Patience(TimeProvider.System, most);
        while (true)
        {
            var asked = TimeProvider.System.GetTimestamp();
            var job = await Ask(gateway, id, wait, patience, cancellation);
            show(job);
            if (JobEnd.IsFinal(job))
                return job;
            // Pause if the gateway answers at once in spite of the wait, to avoid a busy loop.
            var rest = Glance - TimeProvider.System.GetElapsedTime(asked);
            if (rest > TimeSpan.Zero)
                await Task.Delay(rest, TimeProvider.System, cancellation);
        }
    }

    private static async Task<JsonNode> Ask(
        Gateway gateway, string id, string wait, Patience patience, CancellationToken cancellation)
    {
        try
        {
            return await patience.Repeat(
                () => gateway.Get($"/api/v1/jobs/{PathSegment.OfId(id)}?wait={wait}", cancellation), cancellation);
        }
        catch (Exception failure) when (Patience.IsPassing(failure))
        {
            throw new OutOfReachException(
                $"the gateway is no longer reachable: {failure.Message} When it is back, run: otask job get --wait {id}",
                failure);
        }
    }

    private static string Sum(JsonNode job)
    {
        var spread = JobSpread.Of(job);
        return $"{job.Field("itemsDone")} items" + (Took(job) is { } took ? $" in {took}" : "") + (spread.Nodes.Count > 0 ? $": {spread}" : "");
    }

    private static string? Took(JsonNode job) =>
        Time(job, "startedAt") is { } from && Time(job, "endedAt") is { } to
            ? string.Create(CultureInfo.InvariantCulture, $"{(to - from).TotalSeconds:0.###} s")
            : null;

    private static DateTimeOffset? Time(JsonNode job, string field) =>
        DateTimeOffset.TryParse(job.Field(field), CultureInfo.InvariantCulture, out var time) ? time : null;

    private static void Show(ProgressTask bar, JsonNode job)
    {
        var hasEnd = double.TryParse(job.Field("percent"), CultureInfo.InvariantCulture, out var percent);
        bar.IsIndeterminate = !hasEnd;
        bar.Value = percent;
        var eta = job.Field("etaSeconds") is { Length: > 0 } seconds ? $", {seconds} s left" : "";
        var rate = double.TryParse(job.Field("itemsPerSecond"), CultureInfo.InvariantCulture, out var items) ? items : 0;
        bar.Description = Markup.Escape(TerminalText.Line(string.Create(
            CultureInfo.InvariantCulture, $"{job.Field("itemsDone")} items, {rate:#,0} a second{eta}{JobSpread.Of(job).Short}")));
    }
}
