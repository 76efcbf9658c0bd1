using OrleansTasks.Tasks;

namespace OrleansTasks.Storage;

/// <summary>
/// Converts times into bounds of ids. The first 48 bits of an id are its creation time in Unix milliseconds.
/// </summary>
internal static class IdRange
{
    private const long Last = (1L << 48) - 1;

    /// <summary>Returns a lower bound for ids created in that millisecond or later; earlier ids are below it.</summary>
    internal static TaskId FirstOf(long milliseconds) => milliseconds > Last
        ? new TaskId(ulong.MaxValue, ulong.MaxValue)
        : new TaskId((ulong)Math.Max(0, milliseconds) << 16, 0);
}
