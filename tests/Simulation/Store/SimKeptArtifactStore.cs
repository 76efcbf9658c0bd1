using OrleansTasks.Storage;

namespace OrleansTasks.Simulation.Store;

/// <summary>
/// Which artifacts a simulated store still has. A read takes time, and reads what is there at its end; a write waits
/// for its sync.
/// </summary>
internal sealed class SimKeptArtifactStore(
    Func<Task<IKeptArtifactStore>> reading, Func<Func<IKeptArtifactStore, Task<bool>>, Task<bool>> writing)
    : IKeptArtifactStore
{
    /// <inheritdoc/>
    public async Task<ImmutableArray<KeptAttempt>> Oldest(int limit) => await (await reading()).Oldest(limit);

    /// <inheritdoc/>
    public Task<bool> Expire(KeptAttempt attempt) => writing(store => store.Expire(attempt));

    /// <inheritdoc/>
    public Task Finish(KeptAttempt attempt) => writing(async store =>
    {
        await store.Finish(attempt);
        return true;
    });
}
