namespace OrleansTasks.Tasks.Spec;

/// <summary>How a task asks to be isolated.</summary>
public sealed record TaskIsolation
{
    /// <summary>The maximum number of paths of <see cref="Read"/> and of <see cref="Write"/>.</summary>
    public const int MostPaths = 100;

    /// <summary>
    /// The isolation of tasks that name none: a setting of the service, given when a process starts. Acceptance stores
    /// the resulting isolation with the task.
    /// </summary>
    public static Isolation Default { get; set; }

    /// <summary>What stands between the command and the machine.</summary>
    public Isolation Kind { get; init; }

    /// <summary>Whether the command uses the machine's network; otherwise it has none.</summary>
    public bool UsesHostNetwork { get; init; }

    /// <summary>Absolute paths that the command may read.</summary>
    public ImmutableArray<string> Read { get; init; } = [];

    /// <summary>Absolute paths that the command may read and write.</summary>
    public ImmutableArray<string> Write { get; init; } = [];
}
