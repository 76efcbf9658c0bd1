namespace OrleansTasks.Worker.Processes;

/// <summary>What to start, and what it may do.</summary>
public sealed record StartRequest
{
    /// <summary>
    /// The program and its arguments. A program without a slash is looked for in the PATH of <see cref="Environment"/>.
    /// </summary>
    public required IReadOnlyList<string> Arguments { get; init; }

    /// <summary>
    /// The whole environment; nothing is added. TASK_ID and TASK_ATTEMPT in it help to find processes that hide.
    /// </summary>
    public IReadOnlyCollection<KeyValuePair<string, string>> Environment { get; init; } = [];

    /// <summary>
    /// The folder to start in; null means a fresh one, removed with all in it when the attempt has ended.
    /// </summary>
    public string? WorkingDirectory { get; init; }

    /// <summary>What it finds on standard input.</summary>
    public ReadOnlyMemory<byte> Input { get; init; }

    /// <summary>
    /// Whether standard input stays open for <see cref="IRunningProcess.WriteInputAsync"/>; then <see cref="Input"/> is
    /// empty.
    /// </summary>
    public bool KeepsInputOpen { get; init; }

    /// <summary>How long it may run, up to 49 days; null: as long as it likes.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>How long after SIGTERM a timeout sends SIGKILL. Zero: at once.</summary>
    public TimeSpan KillGrace { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How many bytes of each stream are kept.</summary>
    public long MaxOutputBytes { get; init; } = 16 * 1024 * 1024;

    /// <summary>What it may use; null: no limits.</summary>
    public ProcessLimits? Limits { get; init; }

    /// <summary>
    /// Whether the command may leave a result: TASK_RESULT in its environment then names a file that is not there yet.
    /// </summary>
    public bool TakesResult { get; init; }

    /// <summary>What the file holds that TASK_INPUTS in its environment names; null: there is no such file.</summary>
    public ReadOnlyMemory<byte>? Inputs { get; init; }

    /// <summary>Takes the output while it runs; null: only the beginning and the end are collected.</summary>
    public IOutputSink? Output { get; init; }

    /// <summary>The arguments that run a line through the shell.</summary>
    /// <param name="line">What /bin/sh -c is given.</param>
    public static IReadOnlyList<string> ShellLine(string line) => ["/bin/sh", "-c", line];
}
