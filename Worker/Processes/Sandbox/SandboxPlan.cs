using OrleansTasks.Worker.Processes.Forwarding;

namespace OrleansTasks.Worker.Processes.Sandbox;

/// <summary>A folder or file of the machine that a sandbox has.</summary>
/// <param name="Source">Its path without links.</param>
/// <param name="Target">Where the sandbox has it.</param>
/// <param name="IsFolder">Whether it is a folder.</param>
/// <param name="IsWritable">Whether the command may change it.</param>
internal readonly record struct SandboxMount(string Source, string Target, bool IsFolder, bool IsWritable);

/// <summary>All that differs between two sandboxes.</summary>
internal sealed record SandboxPlan
{
    /// <summary>The program to run; the first of these paths that the sandbox has.</summary>
    public required IReadOnlyList<string> Programs { get; init; }

    /// <summary>The folder that the command starts in.</summary>
    public required string Folder { get; init; }

    /// <summary>What the sandbox has besides the system's folders; what is above comes first.</summary>
    public required IReadOnlyList<SandboxMount> Mounts { get; init; }

    /// <summary>The names of the devices in /dev that it has besides those of every sandbox.</summary>
    public IReadOnlyList<string> Devices { get; init; } = [];

    /// <summary>The user that the command runs as, outside of the sandbox.</summary>
    public required SandboxUser User { get; init; }

    /// <summary>Whether the command uses the machine's network.</summary>
    public bool UsesHostNetwork { get; init; }

    /// <summary>The hosts that the command reaches through a <see cref="Forwarder"/>; null if it has none.</summary>
    public HostList? Hosts { get; init; }

    /// <summary>The number of files that a process may have open; null for what the worker has.</summary>
    public int? OpenFiles { get; init; }
}

/// <summary>The user that a sandboxed command runs as.</summary>
/// <param name="Uid">The user id on the machine.</param>
/// <param name="Gid">The group id on the machine.</param>
/// <param name="Groups">Its other groups.</param>
/// <param name="InnerUid">The user id that the command sees.</param>
/// <param name="InnerGid">The group id that the command sees.</param>
/// <param name="IsMapped">
/// Whether the files that the sandbox has of root appear as the command's own (<see cref="SandboxHost.Mapping"/>).
/// </param>
internal sealed record SandboxUser(uint Uid, uint Gid, IReadOnlyList<uint> Groups, uint InnerUid, uint InnerGid, bool IsMapped);
