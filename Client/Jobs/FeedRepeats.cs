using OrleansTasks.Client.Tasks;
using OrleansTasks.Storage;

namespace OrleansTasks.Client.Jobs;

/// <summary>
/// Repeats calls that feed a job while its grain or its queue moves to another silo, a silo is lost, or the store is
/// away for a moment. The calls must be safe to repeat.
/// </summary>
internal static class FeedRepeats
{
    /// <summary>
    /// Makes a call, and repeats it for up to <see cref="ServiceLimits.FeedRepeats"/>. Also returns whether an earlier
    /// try had an unknown outcome. In that case no exception claims that nothing was changed.
    /// </summary>
    /// <param name="call">The call. Its argument says whether an earlier try may have been executed.</param>
    /// <param name="isUnknown">Whether an earlier call may have been executed.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellation">Ends the pauses between tries.</param>
    public static async Task<(T Reply, bool IsUnknown)> Call<T>(
        Func<bool, Task<T>> call, bool isUnknown, TimeProvider time, CancellationToken cancellation)
    {
        for (var began = time.GetTimestamp(); ;)
        {
            try
            {
                return (await call(isUnknown), isUnknown);
            }
            catch (Exception fault) when (Faults.IsPassing(fault) || Faults.IsOutcomeUnknown(fault))
            {
                isUnknown |= Faults.IsOutcomeUnknown(fault);
                var isLast = fault is StoreUnavailableException { IsDiskLow: true }
                    || time.GetElapsedTime(began) >= ServiceLimits.FeedRepeats;
                if (isLast && isUnknown)
                    throw new OutcomeUnknownException(
                        "The job could not be reached again after a call with an unknown outcome.", fault);
                if (isLast)
                    throw;
            }

            try
            {
                await Task.Delay(Takeover.Pause, time, cancellation);
            }
            catch (OperationCanceledException) when (isUnknown)
            {
                throw new OutcomeUnknownException();
            }
        }
    }
}
