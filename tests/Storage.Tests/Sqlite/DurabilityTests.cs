using System.Text.RegularExpressions;
using OrleansTasks.Tests;

namespace OrleansTasks.Storage.Tests.Sqlite;

public sealed partial class DurabilityTests : IDisposable
{
    private readonly TestDatabase data = new();

    public void Dispose() => data.Dispose();

    [Theory]
    [InlineData(1, 300)]
    [InlineData(50, 20_000)]
    public async Task Kill9_WhileCommitting_LosesNothingAcknowledged(int batch, int acknowledged)
    {
        using var probe = ProbeProcess.Start(ProbeProcess.Program, "acknowledge", data.Options.Directory, $"{batch}");
        var ids = new List<TaskId>();
        while (ids.Count < acknowledged && await probe.StandardOutput.ReadLineAsync() is { } line)
            ids.Add(Parse(line));
        probe.Kill();
        while (await probe.StandardOutput.ReadLineAsync() is { } line)
        {
            // The last line may be cut.
            if (line.Length == TaskId.TextLength)
                ids.Add(Parse(line));
        }

        await probe.WaitForExitAsync();
        Assert.True(ids.Count >= acknowledged,
            $"The probe ended by itself: {await probe.StandardError.ReadToEndAsync()}");
        foreach (var id in ids)
            Assert.True(await data.Store.Get(id) is not null, $"{id} was acknowledged and is lost.");

        // Nothing is half there either: every task has its spec.
        var stored = await data.Store.Match(TaskFilter.All, null, int.MaxValue);
        Assert.Equal(stored.Length, (await data.Store.ReadSpecs([.. stored.Select(m => m.Id)])).Length);
    }

    [Fact]
    [Trait("Needs", "tracing")]
    public async Task Commit_IsAnsweredAfterTheLogIsOnDisk()
    {
        await ProbeProcess.NeedStrace();
        var trace = data.Options.Directory + ".trace";
        var (exitCode, output) = await ProbeProcess.Run(
            "strace", "-f", "-qq", "-y", "-s", "64", "-e", "trace=fdatasync,fsync,write,pwrite64,pwritev", "-o", trace,
            ProbeProcess.Program, "commits", data.Options.Directory, "40");
        Assert.True(exitCode == 0, output);
        var calls = TracedCall.Read(trace);
        var (previous, answers) = (0, 0);
        foreach (var answer in calls.Where(static call => call.Name == "write" && call.Text.Contains("\"committed ", StringComparison.Ordinal)))
        {
            answers++;
            var written = calls.FindLast(call => IsOfTheLog(call, "pwrite64", "pwritev") && call.Began > previous && call.Ended < answer.Began);
            Assert.True(written is not null, $"Commit {answers} was answered before anything of it was written.");
            Assert.True(
                calls.Exists(call => IsOfTheLog(call, "fsync", "fdatasync") && call.Result == "0"
                    && call.Began > written.Ended && call.Ended < answer.Began),
                $"Commit {answers} was answered without a sync after its last write, at line {written.Ended} of the trace.");
            previous = answer.Ended;
        }

        Assert.Equal(40, answers);
    }

    [Fact]
    [Trait("Needs", "tracing")]
    public async Task Commit_WhenTheDiskFailsToSync_IsUnknownAndTheSequenceTells()
    {
        await ProbeProcess.NeedStrace();
        var (exitCode, output) = await ProbeProcess.Run(
            "strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=fdatasync,fsync",
            // After those of the opening, and long before the last commit.
            "-e", "inject=fdatasync,fsync:error=EIO:when=20", ProbeProcess.Program, "unknown", data.Options.Directory);
        Assert.True(exitCode == 0, output);
        Assert.Contains("unknown: The disk reported an input/output error", output, StringComparison.Ordinal);
        Assert.Matches(Resolved(), output);
    }

    private static bool IsOfTheLog(TracedCall call, params ReadOnlySpan<string> names) =>
        names.Contains(call.Name) && call.Text.Contains("tasks.db-wal>", StringComparison.Ordinal);

    [GeneratedRegex("taken=True landed=(True|False) stored=\\1", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Resolved();

    private static TaskId Parse(string line) =>
        TaskId.TryParse(line, out var id) ? id : throw new FormatException($"No id: {line}");
}
