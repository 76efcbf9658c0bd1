using OrleansTasks.Queues;

namespace OrleansTasks.Tasks.Spec;

/// <summary>What a caller asks for: a validated TaskSpec with the contract's defaults in place of what was left
/// out.</summary>
public sealed record TaskSpec
{
    /// <summary>The run time of one attempt when nothing is said.</summary>
    public static readonly TimeSpan DefaultTimeout = TimeSpan.FromHours(1);

    /// <summary>The time between SIGTERM and SIGKILL when nothing is said.</summary>
    public static readonly TimeSpan DefaultKillGrace = TimeSpan.FromSeconds(5);

    /// <summary>The priority when nothing is said.</summary>
    public const byte DefaultPriority = 5;

    /// <summary>What is kept of a stream when nothing is said.</summary>
    public const long DefaultMaxOutputBytes = 16 * 1024 * 1024;

    /// <summary>The most that can be kept of a stream.</summary>
    public const long LargestMaxOutputBytes = 1024 * 1024 * 1024;

    /// <summary>The line for <c>/bin/sh -c</c>; null when the task names a program.</summary>
    public string? Cmd { get; internal set; }

    /// <summary>The program and its arguments as given; empty when the task is a line for the shell.</summary>
    public ImmutableArray<string> Argv { get; internal set; } = [];

    /// <summary>For people.</summary>
    public string Name { get; internal set; } = "";

    /// <summary>The queue.</summary>
    public string Queue { get; internal set; } = QueueSettings.DefaultQueue;

    /// <summary>0–9, larger first.</summary>
    public byte Priority { get; internal set; } = DefaultPriority;

    /// <summary>Added to the clean environment, in the order given.</summary>
    public ImmutableArray<EnvironmentVariable> Env { get; internal set; } = [];

    /// <summary>As <see cref="Env"/>, never shown.</summary>
    public ImmutableArray<EnvironmentVariable> SecretEnv { get; internal set; } = [];

    /// <summary>An absolute path; null means a fresh folder for each attempt.</summary>
    public string? Cwd { get; internal set; }

    /// <summary>What is given on standard input, in UTF-8.</summary>
    public ReadOnlyMemory<byte> Stdin { get; internal set; }

    /// <summary>The run time of one attempt.</summary>
    public TimeSpan Timeout { get; internal set; } = DefaultTimeout;

    /// <summary>The time between SIGTERM and SIGKILL.</summary>
    public TimeSpan KillGrace { get; internal set; } = DefaultKillGrace;

    /// <summary>When it is tried again.</summary>
    public RetryPolicy Retry { get; internal set; } = RetryPolicy.Default;

    /// <summary>Unix milliseconds before which it must not start; 0 means now.</summary>
    public long RunAt { get; internal set; }

    /// <summary>Unix milliseconds by which it must have started; 0 means never.</summary>
    public long ExpiresAt { get; internal set; }

    /// <summary>For finding it; sorted by key.</summary>
    public ImmutableArray<Label> Labels { get; internal set; } = [];

    /// <summary>What its node must carry; sorted by key.</summary>
    public ImmutableArray<Label> Requires { get; internal set; } = [];

    /// <summary>The limits of an attempt.</summary>
    public TaskLimits Limits { get; internal set; } = TaskLimits.None;

    /// <summary>Its concurrency key; null when it has none.</summary>
    public TaskConcurrency? Concurrency { get; internal set; }

    /// <summary>The tasks that must end before it starts, in the order given.</summary>
    public ImmutableArray<TaskDependency> After { get; internal set; } = [];

    /// <summary>How many bytes of each stream are kept.</summary>
    public long MaxOutputBytes { get; internal set; } = DefaultMaxOutputBytes;

    /// <summary>Whether the command may leave a result; null when nothing is said, which means no.</summary>
    public bool? Result { get; internal set; }

    /// <summary>What its node must be able to do.</summary>
    public Limits Needs => Limits.Kinds | (Result is true ? Tasks.Limits.Results : Tasks.Limits.None);

    /// <summary>What is executed: <see cref="Argv"/>, or the shell with <see cref="Cmd"/>.</summary>
    public ImmutableArray<string> Command => Cmd is null ? Argv : ["/bin/sh", "-c", Cmd];
}
