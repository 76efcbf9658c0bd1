namespace OrleansTasks.Files;

/// <summary>Runs the steps of <see cref="ArtifactRetention"/> one after the other.</summary>
[GrainType("artifact-retention")]
public sealed class ArtifactRetentionGrain(ArtifactRetention retention) : Grain, IArtifactRetentionGrain
{
    /// <inheritdoc/>
    public Task<ExpiredArtifacts> Step() => retention.Step();
}
