namespace OrleansTasks.Worker.Processes.Containers;

/// <summary>The container that a command runs in.</summary>
public sealed record ContainerRequest
{
    /// <summary>The image's name.</summary>
    public required string Image { get; init; }

    /// <summary>
    /// Whether the command uses the machine's network. Otherwise it has only a loopback device of its own.
    /// </summary>
    public bool UsesHostNetwork { get; init; }

    /// <summary>
    /// The user in the container: a name or number, optionally with a group after a colon; null for the image's.
    /// </summary>
    public string? User { get; init; }

    /// <summary>The folders and files of the machine that the container has besides the working folder.</summary>
    public IReadOnlyList<ContainerPath> Mounts { get; init; } = [];

    /// <summary>
    /// Whether the command is passed to the image's entry point as arguments, instead of replacing the entry point.
    /// </summary>
    public bool KeepsEntrypoint { get; init; }

    /// <summary>The folder of the container that the command starts in; null for its own working folder.</summary>
    public string? WorkingDirectory { get; init; }

    /// <summary>The names of devices in /dev that the command may use, if the machine has them.</summary>
    public IReadOnlyList<string> Devices { get; init; } = [];

    /// <summary>The machine's own programs, which the container that proves the engine mounts.</summary>
    internal IReadOnlyList<ContainerPath> OwnMounts { get; init; } = [];
}

/// <summary>A folder or file of the machine that a container has.</summary>
/// <param name="From">Its absolute path on the machine.</param>
/// <param name="To">Its absolute path in the container.</param>
/// <param name="IsReadOnly">Whether the command may only read it.</param>
public readonly record struct ContainerPath(string From, string To, bool IsReadOnly);

/// <summary>When the worker pulls an image.</summary>
public enum PullPolicy
{
    /// <summary>If the machine does not have the image.</summary>
    Missing,

    /// <summary>Before each attempt.</summary>
    Always,

    /// <summary>Never: the machine must have the image.</summary>
    Never,
}
