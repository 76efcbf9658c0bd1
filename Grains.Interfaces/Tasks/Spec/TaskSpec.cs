using OrleansTasks.Processing.Files;
using OrleansTasks.Processing.Resources;
using OrleansTasks.Queues;
using OrleansTasks.Resources;

namespace OrleansTasks.Tasks.Spec;

/// <summary>A validated TaskSpec with the contract's defaults for omitted fields.</summary>
public sealed record TaskSpec
{
    /// <summary>The default run time of one attempt.</summary>
    public static readonly TimeSpan DefaultTimeout = TimeSpan.FromHours(1);

    /// <summary>The default time between SIGTERM and SIGKILL.</summary>
    public static readonly TimeSpan DefaultKillGrace = TimeSpan.FromSeconds(5);

    /// <summary>The default priority.</summary>
    public const byte DefaultPriority = 5;

    /// <summary>The default number of bytes that are kept of a stream.</summary>
    public const long DefaultMaxOutputBytes = 16 * 1024 * 1024;

    /// <summary>Maximum bytes that can be kept of a stream.</summary>
    public const long LargestMaxOutputBytes = 1024 * 1024 * 1024;

    /// <summary>The line for <c>/bin/sh -c</c>; null if the task names a program.</summary>
    public string? Cmd { get; internal set; }

    /// <summary>The program and its arguments as given; empty if the task has a line for the shell.</summary>
    public ImmutableArray<string> Argv { get; internal set; } = [];

    /// <summary>The human-readable name.</summary>
    public string Name { get; internal set; } = "";

    /// <summary>The task's queue.</summary>
    public string Queue { get; internal set; } = QueueSettings.DefaultQueue;

    /// <summary>The priority, 0–9; larger runs first.</summary>
    public byte Priority { get; internal set; } = DefaultPriority;

    /// <summary>Variables added to the clean environment, in the order given.</summary>
    public ImmutableArray<EnvironmentVariable> Env { get; internal set; } = [];

    /// <summary>Like <see cref="Env"/>, but never shown.</summary>
    public ImmutableArray<EnvironmentVariable> SecretEnv { get; internal set; } = [];

    /// <summary>The working directory, an absolute path; null for a fresh folder for each attempt.</summary>
    public string? Cwd { get; internal set; }

    /// <summary>The standard input.</summary>
    public ReadOnlyMemory<byte> Stdin { get; internal set; }

    /// <summary>Maximum run time of one attempt.</summary>
    public TimeSpan Timeout { get; internal set; } = DefaultTimeout;

    /// <summary>The time between SIGTERM and SIGKILL.</summary>
    public TimeSpan KillGrace { get; internal set; } = DefaultKillGrace;

    /// <summary>The retry policy.</summary>
    public RetryPolicy Retry { get; internal set; } = RetryPolicy.Default;

    /// <summary>The earliest start in Unix milliseconds; 0 for now.</summary>
    public long RunAt { get; internal set; }

    /// <summary>The latest start in Unix milliseconds; 0 for no bound.</summary>
    public long ExpiresAt { get; internal set; }

    /// <summary>The labels for searching, sorted by key.</summary>
    public ImmutableArray<Label> Labels { get; internal set; } = [];

    /// <summary>The labels that the node must have, sorted by key.</summary>
    public ImmutableArray<Label> Requires { get; internal set; } = [];

    /// <summary>The limits of an attempt.</summary>
    public TaskLimits Limits { get; internal set; } = TaskLimits.None;

    /// <summary>What the task needs of its node besides a slot; <see cref="ResourceVector.None"/> for nothing.</summary>
    public ResourceVector Resources { get; internal set; } = ResourceVector.None;

    /// <summary>Whether the task has the cores of <see cref="Resources"/>, whole ones, to itself.</summary>
    public bool Pins { get; internal set; }

    /// <summary>
    /// Returns the spec with the memory, in bytes, that the task reserves now because an attempt ran out of memory.
    /// </summary>
    public TaskSpec WithReservedMemory(long bytes) => this with { Resources = Resources.With(ResourceName.Memory, bytes) };

    /// <summary>As <see cref="Resources"/>, but null for nothing.</summary>
    public ResourceVector? Asks => Resources.IsEmpty ? null : Resources;

    /// <summary>
    /// How long an attempt runs at most, its kill grace included, in milliseconds; 0 for a task without
    /// <see cref="Resources"/>, for which nothing depends on it.
    /// </summary>
    public long Lasts => Resources.IsEmpty ? 0 : (long)(Timeout + KillGrace).TotalMilliseconds;

    /// <summary>The concurrency key; null if the task has none.</summary>
    public TaskConcurrency? Concurrency { get; internal set; }

    /// <summary>As given, in milliseconds; 0 if not given. <see cref="UniqueReader"/> adds it to the key.</summary>
    internal long Debounce { get; set; }

    /// <inheritdoc cref="Debounce"/>
    internal long DebounceMax { get; set; }

    /// <summary>The unique key; null if the task has none.</summary>
    public TaskUnique? Unique { get; internal set; }

    /// <summary>The tasks that must end before it starts, in the order given.</summary>
    public ImmutableArray<TaskDependency> After { get; internal set; } = [];

    /// <summary>The number of bytes of each stream that are kept.</summary>
    public long MaxOutputBytes { get; internal set; } = DefaultMaxOutputBytes;

    /// <summary>Whether lines in which the command reports its progress are left out of its output.</summary>
    public bool HideProgress { get; internal set; }

    /// <summary>Whether the command may leave a result; null if omitted, which means no.</summary>
    public bool? Result { get; internal set; }

    /// <summary>How the task asks to be isolated; null if it leaves that to the service.</summary>
    public TaskIsolation? Isolation { get; internal set; }

    /// <summary>What is put into the working folder before the command starts, in the order given.</summary>
    public ImmutableArray<TaskFile> Files
    {
        get => files is null ? [] : files.Inputs;
        internal set => files = (files ?? new FileFields()) with { Inputs = value };
    }

    /// <summary>Which files of the working folder are kept at the end, in the order given.</summary>
    public ImmutableArray<TaskArtifact> Artifacts
    {
        get => files is null ? [] : files.Artifacts;
        internal set => files = (files ?? new FileFields()) with { Artifacts = value };
    }

    /// <summary>Maximum bytes of all artifacts of an attempt together.</summary>
    public long MaxArtifactBytes
    {
        get => files?.MaxBytes ?? TaskArtifact.DefaultMaxBytes;
        internal set => files = (files ?? new FileFields()) with { MaxBytes = value };
    }

    /// <summary>The capabilities that the node must have.</summary>
    public Limits Needs => Limits.Kinds | (Result is true ? Tasks.Limits.Results : Tasks.Limits.None)
        | (Files.IsEmpty && Artifacts.IsEmpty ? Tasks.Limits.None : Tasks.Limits.Files)
        | (Isolation?.Needs ?? TaskIsolation.Default.Needs())
        | (Pins ? Tasks.Limits.Pins : Tasks.Limits.None);

    /// <summary>The stored files that it names, each once.</summary>
    public ImmutableArray<FileName> NamedFiles =>
        Files.IsEmpty ? [] : [.. Files.Select(static file => file.File).OfType<FileName>().Distinct()];

    /// <summary>
    /// The files that stay as long as the task, each once: the stored files that it names, and the files that are
    /// fetched from an address and then stored.
    /// </summary>
    public ImmutableArray<FileName> KeptFiles => Files.IsEmpty ? []
        : [.. Files.Select(static file => file.File ?? file.Hash).OfType<FileName>().Distinct()];

    /// <summary>The arguments to execute: <see cref="Argv"/>, or the shell with <see cref="Cmd"/>.</summary>
    public ImmutableArray<string> Command => Cmd is null ? Argv : ["/bin/sh", "-c", Cmd];

    // Most tasks have none of these.
    private FileFields? files;

    private sealed record FileFields
    {
        public ImmutableArray<TaskFile> Inputs { get; init; } = [];

        public ImmutableArray<TaskArtifact> Artifacts { get; init; } = [];

        public long MaxBytes { get; init; } = TaskArtifact.DefaultMaxBytes;
    }
}
