using OrleansTasks.Client.Http;

namespace OrleansTasks.Client.Tasks;

/// <summary>
/// Calls that change something. A 503 says that nothing was changed, so once a call may have been carried out its caller is told
/// 504 <c>outcome-unknown</c> instead.
/// </summary>
internal static class Writes
{
    /// <summary>Makes a call once. Throws 504 when nobody can say whether it was carried out.</summary>
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
    /// Makes a call, and makes it again when nobody can say whether the first was carried out. Throws 504 when the second one fails,
    /// for whatever reason.
    /// </summary>
    /// <returns>The reply, and whether it is that of the second call: the first may have been carried out, too.</returns>
    public static async Task<(T Reply, bool IsRepeated)> Twice<T>(Func<Task<T>> call)
    {
        try
        {
            return (await call(), false);
        }
        catch (Exception fault) when (Faults.IsOutcomeUnknown(fault))
        {
            // The second call tells.
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

    /// <summary>Reads what a call has just changed. Throws 504 when it cannot be read now.</summary>
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
