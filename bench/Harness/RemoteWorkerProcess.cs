using System.Diagnostics;
using System.Globalization;

namespace OrleansTasks.Bench.Harness;

/// <summary>The built remote worker as its users run it, on a folder of its own.</summary>
public sealed class RemoteWorkerProcess : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(30);

    private readonly Process process;
    private readonly string folder;
    private readonly TaskCompletionSource started = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private RemoteWorkerProcess(Process process, string folder)
    {
        (this.process, this.folder) = (process, folder);
        process.OutputDataReceived += (_, line) =>
        {
            if (line.Data == "worker node started")
                started.TrySetResult();
        };
        process.ErrorDataReceived += static (_, line) =>
        {
            if (line.Data?.Contains(" info: ", StringComparison.Ordinal) == false)
                Console.Error.WriteLine(line.Data);
        };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    /// <summary>The supervisor.</summary>
    public int SupervisorId => process.Id;

    /// <summary>The agent, which does the work.</summary>
    public int AgentId => int.Parse(File.ReadAllText(Path.Combine(folder, "lock")).Trim(), CultureInfo.InvariantCulture);

    /// <summary>Starts one and waits until the service has accepted it.</summary>
    public static async Task<RemoteWorkerProcess> Start(ServiceProcess service, string name, int slots, params string[] options)
    {
        var folder = Directory.CreateTempSubdirectory("orleanstasks-bench-worker-").FullName;
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in (string[])[
            Path.Combine(AppContext.BaseDirectory, "OrleansTasks.Worker.dll"), "--master", service.Workers, "--name", name,
            "--slots", slots.ToString(CultureInfo.InvariantCulture), "--data", folder, .. options])
            start.ArgumentList.Add(argument);
        var worker = new RemoteWorkerProcess(Process.Start(start)!, folder);
        await worker.started.Task.WaitAsync(StartLimit, TimeProvider.System);
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
}
