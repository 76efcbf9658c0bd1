using OrleansTasks.Storage;

namespace OrleansTasks.Client.Operations;

/// <summary>Whether the store in this process takes work.</summary>
public sealed class StoreReadiness(ITaskStore store) : IReadinessCheck
{
    /// <inheritdoc />
    public string Name => "store";

    /// <inheritdoc />
    public ValueTask<string?> FindProblem(CancellationToken cancellation) => new(store.Health switch
    {
        StoreHealth.Healthy => null,
        StoreHealth.LowSpace => "the disk is nearly full: results are still written, but nothing new is accepted",
        _ => "the last write failed",
    });
}
