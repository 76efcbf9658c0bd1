using System.Text.Json.Serialization;

namespace OrleansTasks.ApiClient;

/// <summary>
/// One command. It has either <see cref="Cmd"/> or <see cref="Argv"/>. A property that is null takes the service's
/// default.
/// </summary>
public sealed record TaskSpec
{
    /// <summary>A line for <c>/bin/sh -c</c>.</summary>
    public string? Cmd { get; init; }

    /// <summary>A program, or the name of a handler, with its arguments and without a shell.</summary>
    public IReadOnlyList<string>? Argv { get; init; }

    /// <summary>The name for people; by default the first word of the command.</summary>
    public string? Name { get; init; }

    /// <summary>The queue; <c>default</c> by default.</summary>
    public string? Queue { get; init; }

    /// <summary>0 to 9, by default 5. A task with a larger priority starts first.</summary>
    public int? Priority { get; init; }

    /// <summary>Environment variables.</summary>
    public IReadOnlyDictionary<string, string>? Env { get; init; }

    /// <summary>
    /// Environment variables that are never shown again. Null in answers.
    /// </summary>
    public IReadOnlyDictionary<string, string>? SecretEnv { get; init; }

    /// <summary>The folder to run in, absolute; by default a fresh one for each attempt.</summary>
    public string? Cwd { get; init; }

    /// <summary>Text for standard input, at most 256 KiB.</summary>
    public string? Stdin { get; init; }

    /// <summary>How long an attempt may run: up to 30 days, by default 1 hour.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>The time between SIGTERM and SIGKILL: up to 10 minutes, by default 5 seconds.</summary>
    public TimeSpan? KillGrace { get; init; }

    /// <summary>How often the command is tried.</summary>
    public RetryPolicy? Retry { get; init; }

    /// <summary>The time before which the task does not start.</summary>
    public DateTimeOffset? RunAt { get; init; }

    /// <summary>The time by which the task must have started; otherwise it fails as expired.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>Labels to find the task by.</summary>
    public IReadOnlyDictionary<string, string>? Labels { get; init; }

    /// <summary>The labels that a node must have to run the task.</summary>
    public IReadOnlyDictionary<string, string>? Requires { get; init; }

    /// <summary>The resources that an attempt may use.</summary>
    public TaskLimits? Limits { get; init; }

    /// <summary>What the task needs of its node besides a slot.</summary>
    public TaskResources? Resources { get; init; }

    /// <summary>How many bytes of each output stream are kept, by default 16 MiB.</summary>
    public long? MaxOutputBytes { get; init; }

    /// <summary>Whether lines in which the command reports its progress are left out of its output.</summary>
    public bool? HideProgress { get; init; }

    /// <summary>
    /// Whether the command may leave a result: a JSON document of at most 64 KiB. False by default; true in workflows.
    /// </summary>
    public bool? Result { get; init; }

    /// <summary>Limits how many tasks of the queue with the same key run at a time.</summary>
    public TaskConcurrency? Concurrency { get; init; }

    /// <summary>
    /// What happens if another task of the queue has the same key. Only for a task that is submitted alone.
    /// </summary>
    public TaskUnique? Unique { get; init; }

    /// <summary>
    /// How long after the latest task with its unique key the task starts: 1 ms to 7 days. Needs <see cref="Unique"/>
    /// that joins or replaces.
    /// </summary>
    public TimeSpan? Debounce { get; init; }

    /// <summary>
    /// How long after the first arrival the task starts at the latest; ten times <see cref="Debounce"/> by default.
    /// </summary>
    public TimeSpan? DebounceMax { get; init; }

    /// <summary>The tasks of the same queue that must have ended before this one starts.</summary>
    public IReadOnlyList<TaskCondition>? After { get; init; }

    /// <summary>
    /// The files that the command finds in its working folder. A task with files has no <see cref="Cwd"/>.
    /// </summary>
    public IReadOnlyList<InputFile>? Files { get; init; }

    /// <summary>The files of the working folder that are kept when the command has ended.</summary>
    public IReadOnlyList<ArtifactPattern>? Artifacts { get; init; }

    /// <summary>The bytes that the artifacts of an attempt may have together; 1 GiB by default.</summary>
    public long? MaxArtifactBytes { get; init; }

    /// <summary>Returns a task that runs a line in the shell.</summary>
    public static TaskSpec Shell(string line) => new() { Cmd = line };

    /// <summary>Returns a task that runs a program without a shell.</summary>
    public static TaskSpec Program(string program, params IEnumerable<string> arguments) =>
        new() { Argv = [program, .. arguments] };

    /// <summary>
    /// Returns a task that a worker with this handler runs: it requires the label <c>handler/NAME=true</c>.
    /// </summary>
    public static TaskSpec Handler(string name, params IEnumerable<string> arguments) => new()
    {
        Argv = [name, .. arguments],
        Requires = new Dictionary<string, string> { ["handler/" + name] = "true" },
    };
}

/// <summary>The resources that an attempt may use; null for no limit.</summary>
public sealed record TaskLimits
{
    /// <summary>The memory of all processes together, in bytes.</summary>
    public long? MemoryBytes { get; init; }

    /// <summary>The processor time of all processes together.</summary>
    public TimeSpan? CpuTime { get; init; }

    /// <summary>The number of processes and threads.</summary>
    public int? Processes { get; init; }

    /// <summary>The number of open files of each process.</summary>
    public int? OpenFiles { get; init; }
}

/// <summary>
/// What a task needs of its node besides a slot; null for nothing. The task starts where this is free, and other tasks
/// do not get it meanwhile.
/// </summary>
public sealed record TaskResources
{
    /// <summary>Cores, with at most three decimals.</summary>
    public double? Cpu { get; init; }

    /// <summary>
    /// Whether the command runs only on the cores of <see cref="Cpu"/>, which must be whole ones, and no other such
    /// task runs on them. The command finds their numbers in <c>TASK_CPU_LIST</c>.
    /// </summary>
    public bool? Pin { get; init; }

    /// <summary>Memory in bytes. It is also the limit, unless the task has another.</summary>
    public long? Memory { get; init; }

    /// <summary>GPUs. The command finds their indexes in <c>TASK_GPUS</c> and <c>CUDA_VISIBLE_DEVICES</c>.</summary>
    public int? Gpu { get; init; }

    /// <summary>Amounts of other resources that workers offer, by name.</summary>
    public IReadOnlyDictionary<string, long>? Others { get; init; }
}

/// <summary>Limits how many tasks of a queue with the same key run at a time.</summary>
/// <param name="Key">The key.</param>
/// <param name="Limit">The limit; null for 1.</param>
public sealed record TaskConcurrency(string Key, int? Limit = null);

/// <summary>A key that one task of a queue holds at a time.</summary>
/// <param name="Key">The key.</param>
/// <param name="Then">What happens if another task holds the key; null for <see cref="UniqueThen.Refuse"/>.</param>
/// <param name="While">Which tasks hold the key; null for <see cref="UniqueWhile.Open"/>.</param>
public sealed record TaskUnique(string Key, UniqueThen? Then = null, UniqueWhile? While = null);

/// <summary>A task that must have ended before another one starts.</summary>
/// <param name="Task">The id of the task.</param>
/// <param name="On">How it must have ended; null for succeeded.</param>
public sealed record TaskCondition(string Task, EndCondition? On = null);

/// <summary>How often a command is tried.</summary>
public sealed record RetryPolicy
{
    /// <summary>The number of failed attempts that fails the task: 1 to 100, by default 1.</summary>
    public int? MaxAttempts { get; init; }

    /// <summary>
    /// The pause after the first failed attempt, which doubles with each further one; 1 s by default.
    /// </summary>
    public TimeSpan? Backoff { get; init; }

    /// <summary>The longest pause; 5 minutes by default.</summary>
    public TimeSpan? MaxBackoff { get; init; }

    /// <summary>Whether a lost node queues the task again without counting an attempt; true by default.</summary>
    public bool? OnNodeLost { get; init; }

    /// <summary>The exit codes after which the task is not tried again.</summary>
    public IReadOnlyList<ExitCodeRange>? FatalExitCodes { get; init; }

    /// <summary>Separate budgets by cause.</summary>
    public RetryCauses? On { get; init; }
}

/// <summary>Consecutive exit codes. A number converts to the range of this one code.</summary>
/// <param name="First">The first code.</param>
/// <param name="Last">The last code.</param>
public readonly record struct ExitCodeRange(int First, int Last)
{
    /// <summary>Returns the range of one code.</summary>
    public static implicit operator ExitCodeRange(int code) => FromInt32(code);

    /// <summary>Returns the range of one code.</summary>
    public static ExitCodeRange FromInt32(int code) => new(code, code);
}

/// <summary>
/// The budgets of single causes. Failures of these causes do not count towards <see cref="RetryPolicy.MaxAttempts"/>.
/// </summary>
public sealed record RetryCauses
{
    /// <summary>For exit codes.</summary>
    public ExitBudget? Exit { get; init; }

    /// <summary>For signals.</summary>
    public RetryBudget? Signal { get; init; }

    /// <summary>For timeouts.</summary>
    public RetryBudget? Timeout { get; init; }

    /// <summary>For attempts that used too much memory.</summary>
    [JsonPropertyName("out-of-memory")]
    public MemoryBudget? OutOfMemory { get; init; }

    /// <summary>For attempts that used too much processor time.</summary>
    [JsonPropertyName("cpu-time")]
    public RetryBudget? CpuTime { get; init; }

    /// <summary>For commands that could not be started.</summary>
    [JsonPropertyName("spawn-failed")]
    public RetryBudget? SpawnFailed { get; init; }

    /// <summary>For invalid results.</summary>
    [JsonPropertyName("bad-result")]
    public RetryBudget? BadResult { get; init; }

    /// <summary>For artifacts that a command did not leave.</summary>
    [JsonPropertyName("artifact-missing")]
    public RetryBudget? ArtifactMissing { get; init; }

    /// <summary>For artifacts that are too many or too large.</summary>
    [JsonPropertyName("artifact-too-large")]
    public RetryBudget? ArtifactTooLarge { get; init; }

    /// <summary>For files that could not be fetched or stored.</summary>
    [JsonPropertyName("file-unavailable")]
    public RetryBudget? FileUnavailable { get; init; }

    /// <summary>For images of containers that could not be pulled.</summary>
    [JsonPropertyName("image-unavailable")]
    public RetryBudget? ImageUnavailable { get; init; }

    /// <summary>For lost nodes.</summary>
    [JsonPropertyName("node-lost")]
    public RetryBudget? NodeLost { get; init; }
}

/// <summary>The budget of one cause.</summary>
/// <param name="MaxAttempts">The number of failed attempts of this cause that fails the task: 1 to 100.</param>
public sealed record RetryBudget(int MaxAttempts);

/// <summary>The budget of exit codes.</summary>
/// <param name="MaxAttempts">The number of failed attempts of this cause that fails the task: 1 to 100.</param>
/// <param name="Codes">The exit codes that it is for; null for all.</param>
public sealed record ExitBudget(int MaxAttempts, IReadOnlyList<ExitCodeRange>? Codes = null);

/// <summary>The budget of attempts that used too much memory.</summary>
/// <param name="MaxAttempts">The number of failed attempts of this cause that fails the task: 1 to 100.</param>
/// <param name="MemoryFactor">The factor by which the limit grows with each such failure; null for none.</param>
/// <param name="MemoryMax">The largest limit, in bytes; given together with the factor.</param>
public sealed record MemoryBudget(int MaxAttempts, double? MemoryFactor = null, long? MemoryMax = null);

/// <summary>A batch as it is sent.</summary>
internal sealed record BatchSpec(IReadOnlyList<TaskSpec> Tasks);
