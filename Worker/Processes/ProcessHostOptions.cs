using System.ComponentModel.DataAnnotations;
using OrleansTasks.Worker.Processes.Users;

namespace OrleansTasks.Worker.Processes;

/// <summary>How a worker starts commands.</summary>
public sealed class ProcessHostOptions
{
    /// <summary>The folder under which each attempt gets its own working folder. Made if it is not there.</summary>
    [Required]
    public string WorkFolderRoot { get; set; } = "";

    /// <summary>The user as whom commands run, or the range of users of whom each has one; null: the worker's own.</summary>
    public RunAsUser? RunAs { get; set; }

    /// <summary>
    /// The permissions that files of this process and of its commands do not get (umask); null: 022, and 027 with
    /// <see cref="RunAs"/>, under which others may pass through the worker's folders.
    /// </summary>
    [Range(0, 0x1FF)]
    public int? Umask { get; set; }

    /// <summary>
    /// Whether limits use control groups where the machine lets us make them. Without, trees are watched, and the
    /// number of processes is not limited.
    /// </summary>
    public bool UseControlGroups { get; set; } = true;

    /// <summary>This process's group in the version 2 hierarchy of control groups; null: where the system has it.</summary>
    internal string? UnifiedGroup { get; set; }

    /// <summary>
    /// How many threads start commands and read their output. One more than there are cores by default: each waits inside
    /// the kernel until its command has replaced the copy of this process.
    /// </summary>
    [Range(1, 64)]
    public int SpawnThreads { get; set; } = Math.Clamp(Environment.ProcessorCount + 1, 2, 8);
}
