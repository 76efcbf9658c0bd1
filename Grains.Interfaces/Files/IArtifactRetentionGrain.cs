namespace OrleansTasks.Files;

/// <summary>
/// Removes the oldest artifacts while the stored files exceed their bound. One for the service, so that several silos
/// together remove no more than necessary. Key: <c>files</c>.
/// </summary>
[Alias("ot.IArtifactRetentionGrain")]
public interface IArtifactRetentionGrain : IGrainWithStringKey
{
    /// <summary>
    /// Removes the artifacts of some tasks. Throws <see cref="Storage.StoreUnavailableException"/>.
    /// </summary>
    [Alias("Step")]
    Task<ExpiredArtifacts> Step();
}

/// <summary>What a step removed.</summary>
/// <param name="Tasks">The number of tasks whose artifacts expired.</param>
/// <param name="Bytes">The bytes of the files that nothing names any more.</param>
/// <param name="HasMore">Whether the files still exceed the bound, and another step may help.</param>
[GenerateSerializer, Immutable, Alias("ot.ExpiredArtifacts")]
public readonly record struct ExpiredArtifacts(
    [property: Id(0)] int Tasks, [property: Id(1)] long Bytes, [property: Id(2)] bool HasMore);
