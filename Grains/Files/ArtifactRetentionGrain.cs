namespace OrleansTasks.Files;

/// <summary>
/// Runs the steps of <see cref="ArtifactRetention"/> one after the other. It is one grain for the whole service, so
/// that silos together remove no more than is necessary.
/// </summary>
[GrainType("artifact-retention")]
public sealed class ArtifactRetentionGrain(ArtifactRetention retention) : Grain, IArtifactRetentionGrain
{
    /// <inheritdoc/>
    public Task<ExpiredArtifacts> Step() => retention.Step();
}
