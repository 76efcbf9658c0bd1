using System.Diagnostics;
using System.Globalization;

namespace OrleansTasks.Bench.Harness;

/// <summary>The built remote worker as its users run it, on a folder of its own; what it prints goes to a file.</summary>
public sealed class RemoteWorkerProcess : IAsyncDisposable
{
    private const string Started = "worker node started";
    private const int StartLooks = 600;
    private static readonly TimeSpan StartPause = TimeSpan.FromMilliseconds(50);

    private readonly Process process;
    private readonly string folder;

    private RemoteWorkerProcess(Process process, string folder) => (this.process, this.folder) = (process, folder);

    /// <summary>The supervisor.</summary>
    public int SupervisorId => process.Id;

    /// <summary>The agent, which does the work.</summary>
    public int AgentId => int.Parse(File.ReadAllText(Path.Combine(folder, "lock")).Trim(), CultureInfo.InvariantCulture);

    private string Log => Path.Combine(folder, "bench.log");

    /// <summary>Starts one that connects to <c>address:port</c>, and waits until the service has accepted it.</summary>
    public static async Task<RemoteWorkerProcess> Start(string service, string name, int slots, params string[] options)
    {
        var folder = Directory.CreateTempSubdirectory("orleanstasks-bench-worker-").FullName;
        // This program reads nothing of it, which would cost the processor that is measured.
        var start = new ProcessStartInfo("/bin/sh");
        foreach (var argument in (string[])[
            "-c", "exec \"$@\" > \"$0\" 2>&1", Path.Combine(folder, "bench.log"), "dotnet",
            Path.Combine(AppContext.BaseDirectory, "OrleansTasks.Worker.dll"), "--master", service, "--name", name,
            "--slots", slots.ToString(CultureInfo.InvariantCulture), "--data", folder, .. options])
            start.ArgumentList.Add(argument);
        var worker = new RemoteWorkerProcess(Process.Start(start)!, folder);
        await worker.WaitUntilStarted();
        return worker;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
        {
            using var kill = Process.Start("kill", $"-TERM {process.Id}");
            await process.WaitForExitAsync();
        }

        process.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    private async Task WaitUntilStarted()
    {
        for (var looks = 0; looks < StartLooks && !process.HasExited; looks++)
        {
            if (File.Exists(Log) && (await File.ReadAllLinesAsync(Log)).Contains(Started))
                return;
            await Task.Delay(StartPause, TimeProvider.System);
        }

        throw new InvalidOperationException($"The worker has not started.\n{(File.Exists(Log) ? await File.ReadAllTextAsync(Log) : "")}");
    }
}
