using System.Text.RegularExpressions;

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
            "strace", "-f", "-qq", "-e", "trace=fdatasync,fsync,write", "-o", trace,
            ProbeProcess.Program, "commits", data.Options.Directory, "40");
        Assert.True(exitCode == 0, output);
        var (syncs, before, answers) = (0, 0, 0);
        foreach (var line in await File.ReadAllLinesAsync(trace, TestContext.Current.CancellationToken))
        {
            // A call that another thread's interrupts in the trace ends on a line of its own.
            if (line.Contains("sync", StringComparison.Ordinal) && line.TrimEnd().EndsWith("= 0", StringComparison.Ordinal))
                syncs++;
            if (!line.Contains("\"committed ", StringComparison.Ordinal))
                continue;
            answers++;
            Assert.True(syncs > before, $"Commit {answers} was answered without a sync since the one before: {line}");
            before = syncs;
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

    [GeneratedRegex("taken=True landed=(True|False) stored=\\1", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Resolved();

    private static TaskId Parse(string line) =>
        TaskId.TryParse(line, out var id) ? id : throw new FormatException($"No id: {line}");
}
