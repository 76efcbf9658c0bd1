using OrleansTasks.Client.Http;
using OrleansTasks.Cluster.Link;

namespace OrleansTasks.Client.Tasks;

/// <summary>
/// Makes calls that change something. Since a 503 promises that nothing was changed, a call that may have been executed
/// gets 504 <c>outcome-unknown</c> instead. While a queue moves, or another silo takes over what a lost one had, calls
/// are repeated if that is safe, so that callers learn of it only by waiting.
/// </summary>
/// <param name="time">The clock.</param>
/// <param name="link">The link to the silos; null if it is always up.</param>
internal sealed class Writes(TimeProvider time, IClusterLink? link)
{
    /// <summary>How long after its first try a call is repeated.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    // How long a call waits while no silo answers at all.
    private static readonly TimeSpan WithoutSilo = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Makes a call that is executed at most once. Throws 504 if it may or may not have been executed.
    /// </summary>
    public async Task<T> Once<T>(Func<Task<T>> call)
    {
        try
        {
            return await Repeat(call, Faults.IsOwnerReplaced, isFirst: true);
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
    public async Task<(T Reply, bool IsRepeated)> Twice<T>(Func<Task<T>> call)
    {
        try
        {
            return (await Repeat(call, Faults.IsOwnerReplaced, isFirst: true), false);
        }
        catch (Exception fault) when (Faults.IsOutcomeUnknown(fault))
        {
            // The next call finds out.
        }

        try
        {
            return (await Repeat(call, Faults.IsTakenOver, isFirst: true), true);
        }
        catch (Exception)
        {
            throw new ProblemException(Problems.OutcomeUnknown());
        }
    }

    /// <summary>Reads what a change needs. Repeats the read while another silo takes over.</summary>
    public Task<T> FirstRead<T>(Func<Task<T>> read) => Repeat(read, Faults.IsTakenOver, isFirst: false);

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
    /// Makes a call, and repeats it while it fails in such a way. The owner of a queue that was replaced ends with that
    /// failure, so the first repetition usually reaches the new one at once.
    /// </summary>
    private async Task<T> Repeat<T>(Func<Task<T>> call, Func<Exception, bool> isPassing, bool isFirst)
    {
        for (var began = time.GetTimestamp(); ; isFirst = false)
        {
            try
            {
                return await call();
            }
            catch (Exception fault) when (isPassing(fault) && time.GetElapsedTime(began) < Limit)
            {
                if (link is { IsUp: false } && !await link.WaitUp(WithoutSilo))
                    throw;
                if (!isFirst || !Faults.IsOwnerReplaced(fault))
                    await Task.Delay(Pause, time);
            }
        }
    }
}
