using OrleansTasks.Client.Http;
using OrleansTasks.Cluster.Link;

namespace OrleansTasks.Client.Tasks;

/// <summary>
/// Makes calls that change something. Since a 503 promises that nothing was changed, a call that may have been executed
/// gets 504 <c>outcome-unknown</c> instead. While a queue moves, or another silo takes over the grains of a lost one,
/// calls are repeated if that is safe, so callers notice only a delay.
/// </summary>
/// <param name="time">The clock.</param>
/// <param name="link">The link to the silos; null if it is always up.</param>
internal sealed class Writes(TimeProvider time, IClusterLink? link)
{
    /// <summary>
    /// Makes a call that is executed at most once. Throws 504 if it may or may not have been executed.
    /// </summary>
    public async Task<T> Once<T>(Func<Task<T>> call)
    {
        try
        {
            return await Repeat(call, Faults.IsOwnerReplaced);
        }
        catch (Exception fault) when (Faults.IsOutcomeUnknown(fault))
        {
            throw new ProblemException(Problems.OutcomeUnknown());
        }
    }

    /// <summary>
    /// Makes a call, and repeats it if it may or may not have been executed, until a silo answers. Throws 504 if it
    /// then fails for any reason.
    /// </summary>
    /// <returns>
    /// The reply, and whether it is the reply to a repeated call; in that case the first call may have been executed as
    /// well.
    /// </returns>
    public async Task<(T Reply, bool IsRepeated)> Repeatedly<T>(Func<Task<T>> call)
    {
        try
        {
            return (await Repeat(call, Faults.IsOwnerReplaced), false);
        }
        catch (Exception fault) when (Faults.IsOutcomeUnknown(fault))
        {
            // The next call finds out.
        }

        try
        {
            return (await Repeat(call, Faults.IsTakenOver), true);
        }
        catch (Exception)
        {
            throw new ProblemException(Problems.OutcomeUnknown());
        }
    }

    /// <summary>Reads what a change needs. Repeats the read while another silo takes over.</summary>
    public Task<T> FirstRead<T>(Func<Task<T>> read) => Repeat(read, Faults.IsTakenOver);

    /// <summary>Reads what a call has just changed. Throws 504 if it cannot be read now.</summary>
    public async Task<T> ThenRead<T>(Func<Task<T>> read)
    {
        try
        {
            return await FirstRead(read);
        }
        catch (Exception fault) when (Faults.IsPassing(fault))
        {
            throw new ProblemException(Problems.OutcomeUnknown());
        }
    }

    /// <summary>
    /// Makes a call, and repeats it for up to <see cref="Takeover.Limit"/> while its failures pass by themselves. An
    /// owner that was replaced ends with that failure, so the next call usually reaches the new owner at once.
    /// </summary>
    private async Task<T> Repeat<T>(Func<Task<T>> call, Func<Exception, bool> isPassing)
    {
        var began = time.GetTimestamp();
        for (var isFirst = true; ; isFirst = false)
        {
            try
            {
                return await call();
            }
            catch (Exception fault) when (isPassing(fault) && time.GetElapsedTime(began) < Takeover.Limit)
            {
                if (link is not null && !await Takeover.IsUpSoon(link))
                    throw;
                if (!isFirst || !Faults.IsOwnerReplaced(fault))
                    await Task.Delay(Takeover.Pause, time);
            }
        }
    }
}
