using System.Diagnostics;
using OrleansTasks.Tests;

namespace OrleansTasks.Worker.Tests.Agent;

/// <summary>
/// Proves by the kernel's own account that results are on the disk before anything depends on it: the test agent says
/// what it has written only after the file was synced, and a file is synced before it replaces another.
/// </summary>
[Trait("Needs", "tracing")]
public sealed class ResultDurabilityTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("otask-durable-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task Results_AreSyncedAfterTheirLastWriteAndBeforeTheyCount()
    {
        var calls = await Traced();
        var said = calls.Where(static call => call.Name == "write" && IsSaid(call)).ToList();
        Assert.Equal(
            ["opened", "appended", "replaced", "appended", "cleared"],
            said.Select(static call => call.Text.Split('"')[1].Split(' ')[0]));

        for (var i = 1; i < said.Count; i++)
        {
            var step = calls.Where(call => call.Began > said[i - 1].Ended && call.Ended < said[i].Began).ToList();
            var what = said[i].Text.Contains("replaced", StringComparison.Ordinal) ? "results.new>" : "results>";
            var changes = step.Where(call => Changes(call) && call.Text.Contains(what, StringComparison.Ordinal)).ToList();
            Assert.True(changes.Count > 0, $"step {i} changed nothing:\n{Shown(step)}");
            var synced = step.Find(call => call.Name is "fsync" or "fdatasync" && call.Result == "0"
                && call.Text.Contains(what, StringComparison.Ordinal) && call.Began > changes[^1].Ended);
            Assert.True(synced is not null, $"step {i} is told without a sync after its last change:\n{Shown(step)}");
            if (what != "results.new>")
                continue;
            var renamed = Assert.Single(step, static call => call.Name.StartsWith("rename", StringComparison.Ordinal));
            Assert.True(renamed.Began > synced.Ended, $"the file replaces the other one before it is on the disk:\n{Shown(step)}");
            Assert.Contains(step, call => call.Name is "fsync" && call.Result == "0"
                && call.Text.Contains(Path.GetFileName(folder) + ">", StringComparison.Ordinal) && call.Began > renamed.Ended);
        }
    }

    private async Task<List<TracedCall>> Traced()
    {
        var trace = Path.Combine(folder, "trace");
        var start = new ProcessStartInfo("strace", [
            "-f", "-y", "-o", trace, "-e", "trace=write,pwrite64,pwritev,ftruncate,fsync,fdatasync,rename,renameat,renameat2",
            Path.Combine(AppContext.BaseDirectory, "Worker.TestAgent"), "results", folder,
        ])
        { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(process.ExitCode == 0, await output + await errors);
        return TracedCall.Read(trace);
    }

    private static bool Changes(TracedCall call) => call.Name is "write" or "pwrite64" or "pwritev" or "ftruncate";

    // The console writes to a duplicate of descriptor 1, so the words tell.
    private static bool IsSaid(TracedCall call) => call.Text.Split('"') is [_, var text, ..]
        && text.Split(' ')[0] is ("opened" or "appended" or "replaced" or "cleared");

    private static string Shown(IEnumerable<TracedCall> calls) => string.Join('\n', calls.Select(static call => $"{call.Name}({call.Text}"));
}
