using OrleansTasks.Silo.Workers;

namespace OrleansTasks.Silo.Hosting;

/// <summary>Lets the worker in this process end what it runs while the gateway still answers.</summary>
internal sealed class LocalWorkerDrain(LocalWorker worker) : IDrain
{
    /// <inheritdoc />
    public Task Drain() => worker.LeaveAsync(CancellationToken.None);
}
