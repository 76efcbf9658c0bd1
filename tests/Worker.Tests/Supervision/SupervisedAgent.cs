using System.Diagnostics;
using System.Globalization;
using OrleansTasks.Worker.Processes;

namespace OrleansTasks.Worker.Tests.Supervision;

/// <summary>The test agent, started for real, under its supervisor.</summary>
internal sealed class SupervisedAgent : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private static long last;
    private readonly Process supervisor;
    private readonly List<string> lines = [];

    private SupervisedAgent(
        string folder, string[] arguments, bool byDotnet, string? notifySocket = null, string? child = null)
    {
        Folder = folder;
        Directory.CreateDirectory(folder);
        var program = Path.Combine(AppContext.BaseDirectory, "Worker.TestAgent");
        var start = new ProcessStartInfo(child is not null ? "/bin/sh" : byDotnet ? "dotnet" : program)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // A program that a shell becomes has the children that the shell had.
        if (child is not null)
            foreach (var argument in new[] { "-c", $"{child} & echo child $!; exec \"$0\" \"$@\"", program })
                start.ArgumentList.Add(argument);
        if (byDotnet) start.ArgumentList.Add(program + ".dll");
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        start.Environment["DOTNET_DbgEnableMiniDump"] = "0";
        start.Environment["NOTIFY_SOCKET"] = notifySocket;
        supervisor = Process.Start(start)!;
    }

    public string Folder { get; }

    public int SupervisorPid => supervisor.Id;

    public static SupervisedAgent Start(params string[] arguments) => Start(byDotnet: false, arguments);

    public static SupervisedAgent Start(bool byDotnet, params string[] arguments)
    {
        var folder = NewFolder();
        return new(folder, [folder, .. arguments], byDotnet);
    }

    /// <summary>Starts an agent that says that it is ready, as systemd starts a service.</summary>
    public static SupervisedAgent StartReady(string notifySocket)
    {
        var folder = NewFolder();
        return new(folder, [folder, "ready"], byDotnet: false, notifySocket);
    }

    /// <summary>Starts an agent whose supervisor has another child, which a shell line has started before.</summary>
    public static SupervisedAgent StartAsParentOf(string child, params string[] arguments)
    {
        var folder = NewFolder();
        return new(folder, [folder, .. arguments], byDotnet: false, child: child);
    }

    private static string NewFolder() => Path.Combine(
        Path.GetTempPath(), $"otask-agent-{Environment.ProcessId}-{Interlocked.Increment(ref last)}");

    /// <summary>
    /// Waits for a line that begins with the word, in whatever order they come, and gives the number after it.
    /// </summary>
    public async Task<int> NumberAsync(string word)
    {
        using var limit = new CancellationTokenSource(Patience);
        while (true)
        {
            if (lines.Find(line => line.StartsWith(word + " ", StringComparison.Ordinal)) is { } found)
                return int.Parse(found.AsSpan(word.Length + 1), CultureInfo.InvariantCulture);
            var line = await supervisor.StandardOutput.ReadLineAsync(limit.Token);
            if (line is not null) lines.Add(line);
            else Assert.Fail($"'{word}' never came: {string.Join('|', lines)} {await ErrorsAsync()}");
        }
    }

    public async Task<int[]> NumbersAsync(params string[] words)
    {
        var numbers = new List<int>();
        foreach (var word in words) numbers.Add(await NumberAsync(word));
        return [.. numbers];
    }

    public async Task<int> ExitAsync()
    {
        using var limit = new CancellationTokenSource(Patience);
        await supervisor.WaitForExitAsync(limit.Token);
        return supervisor.ExitCode;
    }

    public void Signal(int pid, string signal) => Process.Start("/bin/kill", [$"-{signal}", $"{pid}"]).WaitForExit();

    private Task<string> ErrorsAsync() => supervisor.StandardError.ReadToEndAsync();

    public async ValueTask DisposeAsync()
    {
        supervisor.Kill(entireProcessTree: true);
        await supervisor.WaitForExitAsync();
        supervisor.Dispose();
        // As a worker does it: what hostile trees leave is deeper than paths can be long.
        FolderRemover.Remove(Folder, out _);
    }
}
