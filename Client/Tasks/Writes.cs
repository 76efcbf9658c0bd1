using OrleansTasks.Client.Http;

namespace OrleansTasks.Client.Tasks;

/// <summary>
/// Makes calls that change something. Since a 503 promises that nothing was changed, a call that may have been executed
/// gets 504 <c>outcome-unknown</c> instead. A call that reached a queue's earlier owner changed nothing, and goes to the
/// new one.
/// </summary>
internal static class Writes
{
    /// <summary>How many owners of a queue a call is sent to, one after another.</summary>
    public const int MostOwners = 3;

    /// <summary>
    /// Makes a call that is executed at most once. Throws 504 if it may or may not have been executed.
    /// </summary>
    public static async Task<T> Once<T>(Func<Task<T>> call)
    {
        try
        {
            return await ToOwner(call);
        }
        catch (Exception fault) when (Faults.IsOutcomeUnknown(fault))
        {
            throw new ProblemException(Problems.OutcomeUnknown());
        }
    }

    /// <summary>
    /// Makes a call, and repeats it if the first one may or may not have been executed. Throws 504 if the second call
    /// fails for any reason.
    /// </summary>
    /// <returns>
    /// The reply, and whether it is the second call's; in that case the first call may have been executed as well.
    /// </returns>
    public static async Task<(T Reply, bool IsRepeated)> Twice<T>(Func<Task<T>> call)
    {
        try
        {
            return (await ToOwner(call), false);
        }
        catch (Exception fault) when (Faults.IsOutcomeUnknown(fault))
        {
            // The second call finds out.
        }

        try
        {
            return (await ToOwner(call), true);
        }
        catch (Exception)
        {
            throw new ProblemException(Problems.OutcomeUnknown());
        }
    }

    /// <summary>
    /// Makes a call, and repeats it at once while it fails because the queue has a new owner. The earlier owner ends
    /// with that failure, so the next call does not reach it again.
    /// </summary>
    private static async Task<T> ToOwner<T>(Func<Task<T>> call)
    {
        for (var owners = 1; ; owners++)
        {
            try
            {
                return await call();
            }
            catch (Exception fault) when (Faults.IsOwnerReplaced(fault) && owners < MostOwners)
            {
                // The next call finds the new owner.
            }
        }
    }

    /// <summary>Reads what a call has just changed. Throws 504 if it cannot be read now.</summary>
    public static async Task<T> ThenRead<T>(Func<Task<T>> read)
    {
        try
        {
            return await read();
        }
        catch (Exception fault) when (Faults.IsPassing(fault))
        {
            throw new ProblemException(Problems.OutcomeUnknown());
        }
    }
}
