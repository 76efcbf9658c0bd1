using OrleansTasks.Tasks;

namespace OrleansTasks.Dispatch.Table;

/// <summary>
/// How many attempts of a task failed, by cause, since acceptance or the last retry by a user. Packed as stored, with
/// eight bits per cause. The lowest eight bits count failures whose cause has no budget of its own, so a stored integer
/// that holds only a total reads as such failures. Node losses are counted in <see cref="TaskSlot.NodeLosses"/>.
/// </summary>
internal readonly record struct FailureCounts(long Packed)
{
    /// <summary>The number of failures of one cause, from 0 to <see cref="RetryRules.MostFailures"/>.</summary>
    public int this[FailureCause cause] => (int)(Packed >> ShiftOf(cause) & 0xff);

    public int Total
    {
        get
        {
            var total = 0;
            for (var left = (ulong)Packed; left != 0; left >>= 8)
                total += (int)(left & 0xff);
            return total;
        }
    }

    /// <summary>Adds one failure. A count stops at <see cref="RetryRules.MostFailures"/> and never overflows.</summary>
    public FailureCounts Plus(FailureCause cause)
    {
        var count = this[cause];
        var next = (long)Math.Min(count + 1, RetryRules.MostFailures);
        return new FailureCounts(Packed & ~(0xffL << ShiftOf(cause)) | next << ShiftOf(cause));
    }

    private static int ShiftOf(FailureCause cause) => cause is >= FailureCause.None and < FailureCause.NodeLost
        ? (int)cause * 8
        : throw new ArgumentOutOfRangeException(nameof(cause), cause, "Losses are counted apart.");
}
