namespace OrleansTasks.Worker.Processes.Containers;

/// <summary>What the command line of one container says.</summary>
internal sealed record ContainerPlan
{
    /// <summary>The container's name, which is unique.</summary>
    public required string Name { get; init; }

    /// <summary>The label of all containers of this worker: the folder of its working folders.</summary>
    public required string Worker { get; init; }

    /// <summary>The image's name.</summary>
    public required string Image { get; init; }

    /// <summary>The command.</summary>
    public required IReadOnlyList<string> Arguments { get; init; }

    /// <summary>Whether the command is passed to the image's entry point as arguments.</summary>
    public bool KeepsEntrypoint { get; init; }

    /// <summary>The folder that the command starts in.</summary>
    public required string Folder { get; init; }

    /// <summary>The file with the environment, one variable in each line.</summary>
    public required string EnvironmentFile { get; init; }

    /// <summary>The file that podman writes once the command's process exists.</summary>
    public required string ProcessFile { get; init; }

    /// <summary>The file that podman writes once the container has an id.</summary>
    public required string IdFile { get; init; }

    /// <summary>The folders and files of the machine that the container has.</summary>
    public IReadOnlyList<ContainerPlanMount> Mounts { get; init; } = [];

    /// <summary>The names of the devices in /dev that the container has.</summary>
    public IReadOnlyList<string> Devices { get; init; } = [];

    /// <summary>The user in the container; null for the image's.</summary>
    public string? User { get; init; }

    /// <summary>With docker, the user of the machine that runs the command; null for one that owns nothing.</summary>
    public (uint Uid, uint Gid)? Owner { get; init; }

    /// <summary>Whether the container uses the machine's network.</summary>
    public bool UsesHostNetwork { get; init; }

    /// <summary>Whether the command has an input.</summary>
    public bool HasInput { get; init; }

    /// <summary>
    /// Whether the engine removes the container when it has ended; otherwise the worker first asks how it ended.
    /// </summary>
    public bool IsRemovedAtEnd { get; init; } = true;

    /// <summary>The limits that the engine sets.</summary>
    public required ContainerLimits Limits { get; init; }
}

/// <summary>A folder or file that a container has.</summary>
/// <param name="Path">Where it is. Its path on the machine has no links.</param>
/// <param name="IsOwn">Whether it belongs to the attempt. If so, its files are given to the container's user.</param>
internal readonly record struct ContainerPlanMount(ContainerPath Path, bool IsOwn);

/// <summary>The limits that an engine sets; null for none.</summary>
/// <param name="OpenFiles">The open files of a process; -1 for any number.</param>
/// <param name="UserProcesses">
/// The processes of the container's user, as the system counts them (RLIMIT_NPROC); -1 for any number.
/// </param>
/// <param name="MemoryBytes">The memory of the container.</param>
/// <param name="Processes">The processes in the container.</param>
/// <param name="CpuShares">Its share of the processors under contention, 1024 for one processor.</param>
/// <param name="Cores">The cores that it runs on, as a list of the kernel's numbers.</param>
internal sealed record ContainerLimits(
    long OpenFiles, long UserProcesses, long? MemoryBytes = null, int? Processes = null, int? CpuShares = null,
    string? Cores = null);
