using OrleansTasks.Tasks;

namespace OrleansTasks.Storage;

/// <summary>Turns times into bounds of ids: an id begins with its 48 bits of Unix milliseconds.</summary>
internal static class IdRange
{
    private const long Last = (1L << 48) - 1;

    /// <summary>A bound that every id of that millisecond or later reaches, and no earlier one.</summary>
    internal static TaskId FirstOf(long milliseconds) => milliseconds > Last
        ? new TaskId(ulong.MaxValue, ulong.MaxValue)
        : new TaskId((ulong)Math.Max(0, milliseconds) << 16, 0);
}
