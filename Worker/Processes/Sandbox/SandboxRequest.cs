namespace OrleansTasks.Worker.Processes.Sandbox;

/// <summary>
/// What a command that runs in a sandbox may reach besides the system's programs and its working folder.
/// </summary>
public sealed record SandboxRequest
{
    /// <summary>
    /// Whether the command uses the machine's network. Otherwise it has only a loopback device of its own.
    /// </summary>
    public bool UsesHostNetwork { get; init; }

    /// <summary>
    /// The hosts that the command may reach through the worker, each as <c>HOST:PORT</c>. With any, it has no network
    /// of the machine.
    /// </summary>
    public IReadOnlyList<string> Allow { get; init; } = [];

    /// <summary>Absolute paths that the command may read.</summary>
    public IReadOnlyList<string> Read { get; init; } = [];

    /// <summary>Absolute paths that the command may read and write.</summary>
    public IReadOnlyList<string> Write { get; init; } = [];

    /// <summary>The names of devices that the command may use, those of /dev that the machine has.</summary>
    public IReadOnlyList<string> Devices { get; init; } = [];
}
