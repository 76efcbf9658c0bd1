namespace OrleansTasks.Worker.Files;

/// <summary>What the artifacts of one attempt may be.</summary>
/// <param name="Bytes">The most bytes of all files together.</param>
internal sealed record ArtifactLimits(long Bytes)
{
    /// <summary>The most files.</summary>
    internal int Files { get; init; } = 100_000;

    /// <summary>The most entries of folders that are looked at.</summary>
    internal int Entries { get; init; } = 2_000_000;
}
