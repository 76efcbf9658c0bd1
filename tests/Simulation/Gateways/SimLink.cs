using OrleansTasks.Cluster.Link;

namespace OrleansTasks.Simulation.Gateways;

/// <summary>What a gateway knows of its way to the silos: it is open until a run says that the gateway found it closed.</summary>
internal sealed class SimLink(TimeProvider clock) : IClusterLink
{
    private TaskCompletionSource? restored;

    /// <inheritdoc/>
    public event Action? Restored;

    /// <inheritdoc/>
    public bool IsUp => restored is null;

    /// <inheritdoc/>
    public string Silos => "the simulation's silos";

    /// <summary>The gateway found its way closed.</summary>
    public void Lose() => restored ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>A silo answered again.</summary>
    public void Restore()
    {
        if (restored is not { } waited)
            return;
        restored = null;
        waited.SetResult();
        Restored?.Invoke();
    }

    /// <inheritdoc/>
    public async Task<bool> WaitUp(TimeSpan limit)
    {
        if (restored is not { } waited)
            return true;
        if (limit <= TimeSpan.Zero)
            return false;
        var isOver = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var timer = clock.CreateTimer(
            static over => ((TaskCompletionSource<bool>)over!).TrySetResult(false), isOver, limit, Timeout.InfiniteTimeSpan);
        _ = waited.Task.ContinueWith(
            static (_, over) => ((TaskCompletionSource<bool>)over!).TrySetResult(true),
            isOver, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Current);
        return await isOver.Task;
    }
}
