using OrleansTasks.Silo.Workers;

namespace OrleansTasks.Silo.Hosting;

/// <summary>Lets the worker in this process finish its tasks while the gateway still answers.</summary>
internal sealed class LocalWorkerDrain(LocalWorker worker) : IDrain
{
    /// <inheritdoc />
    public Task Drain() => worker.LeaveAsync(CancellationToken.None);
}
