namespace OrleansTasks.Engine.Embedded;

/// <summary>Runs turn queues on the thread pool, in slices, so that a busy activation does not keep a thread.</summary>
internal sealed class PoolExecutor : IExecutor
{
    /// <summary>Most turns of one slice.</summary>
    private const int SliceTurns = 64;

    // Not to the thread's own list: that is last in, first out, and would starve who waits there under load.
    public void Ready(TurnQueue queue) => ThreadPool.UnsafeQueueUserWorkItem(queue, preferLocal: false);

    /// <summary>Runs a slice on this thread.</summary>
    internal static void RunSlice(TurnQueue queue)
    {
        if (queue.Run(SliceTurns)) ThreadPool.UnsafeQueueUserWorkItem(queue, preferLocal: false);
    }
}
