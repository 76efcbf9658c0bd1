using System.ComponentModel.DataAnnotations;
using OrleansTasks.Worker.Processes.Containers;
using OrleansTasks.Worker.Processes.Users;

namespace OrleansTasks.Worker.Processes;

/// <summary>Configures how a worker starts commands.</summary>
public sealed class ProcessHostOptions
{
    /// <summary>The folder in which each attempt gets its own working folder. Created if it is missing.</summary>
    [Required]
    public string WorkFolderRoot { get; set; } = "";

    /// <summary>
    /// The user that commands run as, or a range with one user for each command; null for the worker's own user.
    /// </summary>
    public RunAsUser? RunAs { get; set; }

    /// <summary>
    /// The umask of this process and its commands.
    /// Null means 022, or 027 with <see cref="RunAs"/>, under which other users may pass through the worker's folders.
    /// </summary>
    [Range(0, 0x1FF)]
    public int? Umask { get; set; }

    /// <summary>
    /// Whether limits use control groups if the machine allows it.
    /// Without them, trees are watched and the number of processes is not limited.
    /// </summary>
    public bool UseControlGroups { get; set; } = true;

    /// <summary>
    /// The folders that commands in a sandbox or a container may ask to read or write, absolute and without links.
    /// </summary>
    public IReadOnlyList<string> SandboxAllow { get; set; } = [];

    /// <summary>The engine that runs commands in containers.</summary>
    public EngineChoice ContainerEngine { get; set; }

    /// <summary>This process's control group in the version 2 hierarchy; null to look it up.</summary>
    internal string? UnifiedGroup { get; set; }

    /// <summary>
    /// The number of threads that start commands and read their output. The default is one more than the number of
    /// cores, since each thread waits in the kernel until its command has replaced the copy of this process.
    /// </summary>
    [Range(1, 64)]
    public int SpawnThreads { get; set; } = Math.Clamp(Environment.ProcessorCount + 1, 2, 8);
}
