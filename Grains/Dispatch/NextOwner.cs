namespace OrleansTasks.Dispatch;

/// <summary>
/// Calls of grains to the owner of a queue that must not fail only because the queue moves, or its silo is lost.
/// </summary>
internal static class NextOwner
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    /// <summary>
    /// Makes a call that may be repeated, and repeats it for up to 3 s if the owner that it reached was replaced or is
    /// gone.
    /// </summary>
    public static async Task Tell(Func<Task> call, TimeProvider time)
    {
        var began = time.GetTimestamp();
        for (var isFirst = true; ; isFirst = false)
        {
            try
            {
                await call();
                return;
            }
            catch (Exception fault) when (Faults.IsTakenOver(fault) && time.GetElapsedTime(began) < Limit)
            {
                // An owner that was replaced ends with that failure: the next call usually reaches the new one.
                if (!isFirst || !Faults.IsOwnerReplaced(fault))
                    await Task.Delay(Pause, time);
            }
        }
    }
}
