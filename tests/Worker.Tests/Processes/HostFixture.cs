using System.Text;
using OrleansTasks.Worker.Processes;

namespace OrleansTasks.Worker.Tests.Processes;

/// <summary>A host over a folder of its own, and short ways to run commands on it.</summary>
public sealed class HostFixture : IAsyncLifetime
{
    private static long last;

    public static readonly Dictionary<string, string> CleanEnvironment = new()
    {
        ["PATH"] = "/usr/local/bin:/usr/bin:/bin",
        ["HOME"] = "/",
        ["LANG"] = "C",
    };

    public string Root { get; } = Path.Combine(Path.GetTempPath(),
        $"otask-host-{Environment.ProcessId}-{Interlocked.Increment(ref last)}");

    public ProcessHost Host { get; private set; } = null!;

    public ValueTask InitializeAsync()
    {
        Host = new(new() { WorkFolderRoot = Root, SpawnThreads = 2 }, TimeProvider.System);
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await Host.DisposeAsync();
        Directory.Delete(Root, recursive: true);
    }

    /// <summary>A second host, which limits by watching alone.</summary>
    public ProcessHost HostWithoutGroups() =>
        new(new() { WorkFolderRoot = Root, SpawnThreads = 1, UseControlGroups = false }, TimeProvider.System);

    public static StartRequest Shell(string line) => new()
    {
        Arguments = StartRequest.ShellLine(line),
        Environment = CleanEnvironment,
        // For commands that hang: some start a thousand processes, which takes a busy machine a while.
        Timeout = TimeSpan.FromMinutes(2),
    };

    /// <summary>As <see cref="Shell"/>, marked as a task of its own.</summary>
    public static StartRequest Task(string line) => Shell(line) with
    {
        Environment = new Dictionary<string, string>(CleanEnvironment)
        {
            ["TASK_ID"] = $"task-{Environment.ProcessId}-{Interlocked.Increment(ref last)}",
            ["TASK_ATTEMPT"] = "1",
        },
    };

    public Task<ProcessOutcome> RunAsync(string line) => RunAsync(Shell(line));

    public Task<ProcessOutcome> RunAsync(StartRequest request) =>
        Host.Start(request).Completion.WaitAsync(TimeSpan.FromMinutes(3));

    public static string Text(StreamCapture capture) => Encoding.UTF8.GetString(capture.Head.Span);
}
