using System.Runtime.InteropServices;
using OrleansTasks.Lifetime;
using OrleansTasks.Worker.Agent;
using OrleansTasks.Worker.Processes;
using OrleansTasks.Worker.Protocol;
using OrleansTasks.Worker.Supervision;

namespace OrleansTasks.Worker.TestAgent;

/// <summary>An agent for the supervisor's tests: Worker.TestAgent DATA-FOLDER [run LINE | many FILE | fenced MILLISECONDS LINE | exit CODE | ready | plain | results].</summary>
internal static class Program
{
    private static async Task<int> Main(string[] args)
    {
        if (args is not ["plain" or "results", ..] && Supervisor.Run() is { } code) return code;
        return args switch
        {
            ["plain", ..] => Say("agent"),
            ["results", var folder] => WriteResults(folder),
            [_, "exit", var wanted] => int.Parse(wanted),
            [_, "abort"] => Abort(),
            [_, "ready"] => await BeReady(),
            [var folder, "run", var line] => await RunAsync(folder, [line]),
            [var folder, "fenced", var milliseconds, var line] => await RunAsync(folder, [line], int.Parse(milliseconds)),
            [var folder, "many", var file] => await RunAsync(folder, await File.ReadAllLinesAsync(file)),
            _ => 2,
        };
    }

    private static int Say(string what)
    {
        Console.WriteLine($"{what} {Environment.ProcessId}");
        return 0;
    }

    /// <summary>Writes results in each way, and says so after each.</summary>
    private static int WriteResults(string folder)
    {
        using var file = ResultFile.In(folder);
        Say("opened");
        file.Append([Of("one"), Of("two")]);
        Say("appended");
        file.Replace([Of("two")]);
        Say("replaced");
        file.Append([Of("three")]);
        Say("appended");
        file.Clear();
        return Say("cleared");
    }

    private static Result Of(string task) => new() { Lease = new Lease { TaskId = task, Attempt = 1 } };

    private static async Task<int> BeReady()
    {
        Supervised.TellReady();
        Say(Environment.GetEnvironmentVariable("NOTIFY_SOCKET") is null ? "unnamed" : "named");
        await new TaskCompletionSource().Task;
        return 0;
    }

    private static int Abort()
    {
        Environment.FailFast("asked to");
        return 0;
    }

    private static async Task<int> RunAsync(string folder, string[] lines, int? fence = null)
    {
        Supervised.Announce(folder, "instance \"1\"");
        // Set anew a few times in between, as an agent does whose lease is renewed.
        using var renewal = fence is { } wait ? new Timer(_ => Supervised.Fence(Deadline(wait)), null, 0, wait / 4) : null;
        var stop = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var asked = 0;
        using var term = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context =>
        {
            context.Cancel = true;
            Say($"asked{++asked}");
            if (asked == 2) stop.SetResult();
        });
        var host = new ProcessHost(new() { WorkFolderRoot = Path.Combine(folder, "work") }, TimeProvider.System);
        foreach (var line in lines)
        {
            host.Start(new()
            {
                Arguments = ["/bin/bash", "-c", line],
                Environment = new Dictionary<string, string> { ["PATH"] = "/usr/bin:/bin" },
                Output = lines.Length == 1 ? new ConsoleSink() : null,
            });
        }
        Say("agent");
        await stop.Task;
        await host.DisposeAsync();
        return 9;
    }

    private static long Deadline(int milliseconds) => BootClock.Instance.GetTimestamp() + milliseconds * 1_000_000L;

    private sealed class ConsoleSink : IOutputSink
    {
        public void Write(StandardStream stream, long offset, ReadOnlySpan<byte> bytes)
        {
            using var output = Console.OpenStandardOutput();
            output.Write(bytes);
        }
    }
}
