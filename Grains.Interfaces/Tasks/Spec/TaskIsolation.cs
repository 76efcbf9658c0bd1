namespace OrleansTasks.Tasks.Spec;

/// <summary>How a task asks to be isolated.</summary>
public sealed record TaskIsolation
{
    /// <summary>
    /// Maximum number of items of <see cref="Allow"/>, <see cref="Read"/>, <see cref="Write"/> and
    /// <see cref="Mounts"/> each.
    /// </summary>
    public const int MostPaths = 100;

    /// <summary>
    /// The isolation of tasks that name none: a setting of the service, given when a process starts. Acceptance stores
    /// the resulting isolation with the task.
    /// </summary>
    public static Isolation Default { get; set; }

    /// <summary>What stands between the command and the machine.</summary>
    public IsolationKind Kind { get; init; }

    /// <summary>Whether the command uses the machine's network; otherwise it has none.</summary>
    public bool UsesHostNetwork { get; init; }

    /// <summary>
    /// The hosts that a command in a sandbox may reach, each as <c>HOST:PORT</c> in the form of
    /// <see cref="Processing.Text.HostPort"/>; empty unless the network is <c>allow</c>.
    /// </summary>
    public ImmutableArray<string> Allow { get; init; } = [];

    /// <summary>What a node must be able to do for it.</summary>
    public Limits Needs => Kind.Needs() | (Allow.IsEmpty ? Limits.None : Limits.SandboxHosts);

    /// <summary>Absolute paths that a command in a sandbox may read.</summary>
    public ImmutableArray<string> Read { get; init; } = [];

    /// <summary>Absolute paths that a command in a sandbox may read and write.</summary>
    public ImmutableArray<string> Write { get; init; } = [];

    /// <summary>The image of a container, such as <c>docker.io/library/python:3.13</c>.</summary>
    public string Image { get; init; } = "";

    /// <summary>When the worker pulls the image of a container.</summary>
    public ImagePull Pull { get; init; }

    /// <summary>The user in a container, such as <c>1000:1000</c>; null for the image's.</summary>
    public string? User { get; init; }

    /// <summary>The folders and files of the machine that the container sees.</summary>
    public ImmutableArray<ContainerMount> Mounts { get; init; } = [];

    /// <summary>
    /// Whether the image's entry point runs with the command as its arguments; otherwise the command replaces it.
    /// </summary>
    public bool KeepsEntrypoint { get; init; }
}

/// <summary>When a worker pulls the image of a container.</summary>
public enum ImagePull
{
    /// <summary>If the machine does not have it.</summary>
    Missing,

    /// <summary>Before each attempt.</summary>
    Always,

    /// <summary>Never: the machine must have it.</summary>
    Never,
}

/// <summary>A folder or file of the machine that a container sees.</summary>
/// <param name="From">Its absolute path on the machine.</param>
/// <param name="To">Its absolute path in the container.</param>
/// <param name="IsReadOnly">Whether the command may only read it.</param>
public readonly record struct ContainerMount(string From, string To, bool IsReadOnly);
