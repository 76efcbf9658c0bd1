using OrleansTasks.Client.Http;

namespace OrleansTasks.Client.Tasks;

/// <summary>
/// Makes calls that change something. Since a 503 promises that nothing was changed, a call that may have been executed
/// gets 504 <c>outcome-unknown</c> instead.
/// </summary>
internal static class Writes
{
    /// <summary>Makes a call once. Throws 504 if it may or may not have been executed.</summary>
    public static async Task<T> Once<T>(Func<Task<T>> call)
    {
        try
        {
            return await call();
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
            return (await call(), false);
        }
        catch (Exception fault) when (Faults.IsOutcomeUnknown(fault))
        {
            // The second call finds out.
        }

        try
        {
            return (await call(), true);
        }
        catch (Exception)
        {
            throw new ProblemException(Problems.OutcomeUnknown());
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
