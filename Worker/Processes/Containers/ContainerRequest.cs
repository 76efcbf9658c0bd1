namespace OrleansTasks.Worker.Processes.Containers;

/// <summary>The container that a command runs in.</summary>
public sealed record ContainerRequest
{
    /// <summary>The image's name.</summary>
    public required string Image { get; init; }

    /// <summary>Whether the command uses the machine's network. Otherwise it has only a loopback device of its own.</summary>
    public bool UsesHostNetwork { get; init; }

    /// <summary>The user in the container, a name or number and perhaps a group after a colon; null for the image's.</summary>
    public string? User { get; init; }

    /// <summary>The folders and files of the machine that the container has besides the working folder.</summary>
    public IReadOnlyList<ContainerPath> Mounts { get; init; } = [];

    /// <summary>Whether the command is arguments of the image's entry point, instead of replacing it.</summary>
    public bool KeepsEntrypoint { get; init; }

    /// <summary>The folder of the container that the command starts in; null for its own working folder.</summary>
    public string? WorkingDirectory { get; init; }

    /// <summary>The names of devices that the command may use, those of /dev that the machine has.</summary>
    public IReadOnlyList<string> Devices { get; init; } = [];

    /// <summary>What the test of containers mounts besides: the machine's own programs.</summary>
    internal IReadOnlyList<ContainerPath> OwnMounts { get; init; } = [];
}

/// <summary>A folder or file of the machine that a container has.</summary>
/// <param name="From">Its absolute path on the machine.</param>
/// <param name="To">Its absolute path in the container.</param>
/// <param name="IsReadOnly">Whether the command may only read it.</param>
public readonly record struct ContainerPath(string From, string To, bool IsReadOnly);

/// <summary>When an image is pulled.</summary>
public enum PullPolicy
{
    /// <summary>If the machine does not have it.</summary>
    Missing,

    /// <summary>Before each attempt.</summary>
    Always,

    /// <summary>Never: the machine must have it.</summary>
    Never,
}
