namespace OrleansTasks.Events;

/// <summary>The names of resource kinds and states in the HTTP contract.</summary>
public static class ResourceNames
{
    private static readonly string[] Kinds = ["queue", "schedule", "workflow", "rollout"];
    private static readonly string[] States =
    [
        "changed", "deleted", "started", "skipped", "missed", "paused", "resumed", "running", "succeeded", "failed",
        "cancelled", "halted", "late",
    ];

    /// <summary>Returns the name in the HTTP contract.</summary>
    public static string Name(this ResourceKind kind) => Kinds[(int)kind];

    /// <summary>Returns the name in the HTTP contract.</summary>
    public static string Name(this ResourceState state) => States[(int)state];
}
