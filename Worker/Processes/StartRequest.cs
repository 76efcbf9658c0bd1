using OrleansTasks.Worker.Files;
using OrleansTasks.Worker.Processes.Containers;
using OrleansTasks.Worker.Processes.Sandbox;

namespace OrleansTasks.Worker.Processes;

/// <summary>Describes a command to start and its limits.</summary>
public sealed record StartRequest
{
    /// <summary>
    /// The program and its arguments. A program without a slash is looked up in the PATH of <see cref="Environment"/>.
    /// </summary>
    public required IReadOnlyList<string> Arguments { get; init; }

    /// <summary>
    /// The complete environment; the command inherits nothing else.
    /// TASK_ID and TASK_ATTEMPT in it help to find processes that leave the session.
    /// </summary>
    public IReadOnlyCollection<KeyValuePair<string, string>> Environment { get; init; } = [];

    /// <summary>
    /// The folder to start in. Null means a fresh one, which is removed with its contents when the attempt has ended.
    /// </summary>
    public string? WorkingDirectory { get; init; }

    /// <summary>The content of standard input.</summary>
    public ReadOnlyMemory<byte> Input { get; init; }

    /// <summary>
    /// Whether standard input stays open for <see cref="IRunningProcess.WriteInputAsync"/>; <see cref="Input"/> must
    /// then be empty.
    /// </summary>
    public bool KeepsInputOpen { get; init; }

    /// <summary>How long the command may run, up to 49 days; null for no limit.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>How long after its SIGTERM a timeout sends SIGKILL. Zero means at once.</summary>
    public TimeSpan KillGrace { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The maximum number of bytes of each stream that are kept.</summary>
    public long MaxOutputBytes { get; init; } = 16 * 1024 * 1024;

    /// <summary>Whether lines in which the command reports its progress are left out of its output.</summary>
    public bool HidesProgress { get; init; }

    /// <summary>The resources that the command may use; null for no limits.</summary>
    public ProcessLimits? Limits { get; init; }

    /// <summary>What the command may reach in a sandbox; null if it runs without one.</summary>
    public SandboxRequest? Sandbox { get; init; }

    /// <summary>The container that the command runs in; null if it runs in none.</summary>
    public ContainerRequest? Container { get; init; }

    /// <summary>
    /// Whether the command may leave a result. If so, TASK_RESULT in its environment names a file that does not exist
    /// yet.
    /// </summary>
    public bool TakesResult { get; init; }

    /// <summary>
    /// The content of the file that TASK_INPUTS in the environment names; null if there is no such file.
    /// </summary>
    public ReadOnlyMemory<byte>? Inputs { get; init; }

    /// <summary>The files to put into the fresh folder and to collect from it; null if there are none.</summary>
    internal AttemptFiles? Files { get; init; }

    /// <summary>
    /// Whether it is a command of the worker itself. It runs as the worker's own user, whatever user runs the tasks.
    /// </summary>
    internal bool IsOfWorker { get; init; }

    /// <summary>
    /// Receives the output while the command runs. If null, only the beginning and the end are collected.
    /// </summary>
    public IOutputSink? Output { get; init; }

    /// <summary>Returns the arguments that run a line in the shell.</summary>
    /// <param name="line">The line to pass to /bin/sh -c.</param>
    public static IReadOnlyList<string> ShellLine(string line) => ["/bin/sh", "-c", line];
}

/// <summary>Refuses requests that the system could never start, or would start as something else.</summary>
internal static class StartRequestCheck
{
    /// <summary>
    /// The maximum length of a timer. Timers are limited to 2^32 ms (49.7 days), and no contract allows more.
    /// </summary>
    internal static readonly TimeSpan LongestTimer = TimeSpan.FromDays(49);

    /// <summary>Throws if the request is invalid.</summary>
    internal static void Check(StartRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (request.Arguments.Count == 0 || request.Arguments[0].Length == 0)
            throw new ArgumentException("The first argument must be a program.", nameof(request));
        foreach (var argument in request.Arguments) RefuseNul(argument, "An argument");
        foreach (var (name, value) in request.Environment)
        {
            RefuseNul(name, "The name of an environment variable");
            RefuseNul(value, $"The environment variable {name}");
            if (name.Length == 0 || name.Contains('='))
                throw new ArgumentException($"'{name}' is not a valid name of an environment variable.", nameof(request));
        }
        if (request.WorkingDirectory is { } folder) RefuseNul(folder, "The working directory");
        if (request.KeepsInputOpen && !request.Input.IsEmpty)
            throw new ArgumentException("An input that stays open must be written after the start.", nameof(request));
        ArgumentOutOfRangeException.ThrowIfNegative(request.MaxOutputBytes, nameof(request));
        if (request.Timeout is not { } timeout) return;
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(timeout, TimeSpan.Zero, nameof(request));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(timeout, LongestTimer, nameof(request));
    }

    private static void RefuseNul(string text, string what)
    {
        if (text.Contains('\0')) throw new ArgumentException($"{what} contains a NUL character.", nameof(text));
    }
}
