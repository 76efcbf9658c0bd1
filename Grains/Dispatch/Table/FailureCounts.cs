using OrleansTasks.Tasks;

namespace OrleansTasks.Dispatch.Table;

/// <summary>
/// How many attempts of a task failed, by cause, since acceptance or the last retry by a user. Packed as stored, with
/// eight bits per cause. The lowest eight bits count failures whose cause has no budget of its own, so a stored integer
/// that holds only a total reads as such failures. No count reaches the highest of its eight bits: the highest bits of
/// the first seven together count the failures of all causes about files and images. Node losses are counted in
/// <see cref="TaskSlot.NodeLosses"/>.
/// </summary>
internal readonly record struct FailureCounts(long Packed)
{
    private const ulong High = 0x0080_8080_8080_8080;
    private const ulong Low = 0x7f7f_7f7f_7f7f_7f7f;

    /// <summary>The number of failures of one cause, from 0 to <see cref="RetryRules.MostFailures"/>.</summary>
    public int this[FailureCause cause] => IsAboutFiles(cause) ? OfFiles : (int)(Packed >> ShiftOf(cause) & 0x7f);

    public int Total
    {
        get
        {
            var total = OfFiles;
            for (var left = (ulong)Packed & Low; left != 0; left >>= 8)
                total += (int)(left & 0x7f);
            return total;
        }
    }

    private int OfFiles
    {
        get
        {
            var count = 0;
            for (var left = ((ulong)Packed & High) >> 7; left != 0; left &= left - 1)
                count |= 1 << (System.Numerics.BitOperations.TrailingZeroCount(left) >> 3);
            return count;
        }
    }

    /// <summary>Adds one failure. A count stops at <see cref="RetryRules.MostFailures"/> and never overflows.</summary>
    public FailureCounts Plus(FailureCause cause)
    {
        var next = (ulong)Math.Min(this[cause] + 1, RetryRules.MostFailures);
        if (!IsAboutFiles(cause))
            return new FailureCounts(Packed & ~(0x7fL << ShiftOf(cause)) | (long)(next << ShiftOf(cause)));
        var spread = 0ul;
        for (var bit = 0; bit < 7; bit++)
            spread |= (next >> bit & 1) << (bit * 8 + 7);
        return new FailureCounts((long)((ulong)Packed & ~High | spread));
    }

    private static bool IsAboutFiles(FailureCause cause) => cause > FailureCause.NodeLost;

    private static int ShiftOf(FailureCause cause) => cause is >= FailureCause.None and < FailureCause.NodeLost
        ? (int)cause * 8
        : throw new ArgumentOutOfRangeException(nameof(cause), cause, "Losses are counted apart.");
}
