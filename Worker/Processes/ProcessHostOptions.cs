using System.ComponentModel.DataAnnotations;

namespace OrleansTasks.Worker.Processes;

/// <summary>How a worker starts commands.</summary>
public sealed class ProcessHostOptions
{
    /// <summary>The folder under which each attempt gets its own working folder. Made if it is not there.</summary>
    [Required]
    public string WorkFolderRoot { get; set; } = "";

    /// <summary>
    /// Whether limits use control groups where the machine lets us make them. Without, trees are watched, and the
    /// number of processes is not limited.
    /// </summary>
    public bool UseControlGroups { get; set; } = true;

    /// <summary>
    /// How many threads start commands and read their output. One more than there are cores by default: each waits inside
    /// the kernel until its command has replaced the copy of this process.
    /// </summary>
    [Range(1, 64)]
    public int SpawnThreads { get; set; } = Math.Clamp(Environment.ProcessorCount + 1, 2, 8);
}
