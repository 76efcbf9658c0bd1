namespace OrleansTasks.Lifetime;

/// <summary>
/// Compacts the heap when the process becomes idle, and returns what it no longer needs to the machine. The garbage
/// collector runs only when something is allocated, so what a start or a burst left behind would otherwise stay.
/// </summary>
public sealed class IdleCollector(TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(4);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var watch = new IdleHeap();
        using var timer = new PeriodicTimer(Period, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            if (!watch.IsDue(GC.GetTotalAllocatedBytes()))
                continue;
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            watch.Collected(GC.GetTotalMemory(forceFullCollection: false));
        }
    }
}
