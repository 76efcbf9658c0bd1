namespace OrleansTasks.Files;

/// <summary>Options of the store of files.</summary>
public sealed class FileDepotOptions
{
    /// <summary>The maximum bytes of all files together, about; null for what the disk has.</summary>
    public long? MostBytes { get; init; }
}
