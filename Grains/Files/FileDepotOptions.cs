namespace OrleansTasks.Files;

/// <summary>Options of the store of files.</summary>
public sealed class FileDepotOptions
{
    /// <summary>The maximum bytes of all files together, about; null for what the disk has.</summary>
    public long? MostBytes { get; init; }

    /// <summary>
    /// The bytes of the files that something names, beyond which the artifacts of ended tasks are removed; null to keep
    /// them as long as their tasks.
    /// </summary>
    public long? KeptBytes { get; init; }
}
