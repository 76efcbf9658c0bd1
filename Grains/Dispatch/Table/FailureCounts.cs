using OrleansTasks.Tasks;

namespace OrleansTasks.Dispatch.Table;

/// <summary>
/// How many attempts of a task failed, by cause, since acceptance or the last retry by a user. Packed as stored, with
/// seven bits per cause. The lowest seven bits count failures whose cause has no budget of its own, the highest those of
/// all causes about files. Node losses are counted in <see cref="TaskSlot.NodeLosses"/>.
/// </summary>
internal readonly record struct FailureCounts(long Packed)
{
    private const int Bits = 7;
    private const int Mask = (1 << Bits) - 1;

    /// <summary>The number of failures of one cause, from 0 to <see cref="RetryRules.MostFailures"/>.</summary>
    public int this[FailureCause cause] => (int)(Packed >> ShiftOf(cause) & Mask);

    public int Total
    {
        get
        {
            var total = 0;
            for (var left = (ulong)Packed; left != 0; left >>= Bits)
                total += (int)(left & Mask);
            return total;
        }
    }

    /// <summary>Adds one failure. A count stops at <see cref="RetryRules.MostFailures"/> and never overflows.</summary>
    public FailureCounts Plus(FailureCause cause)
    {
        var count = this[cause];
        var next = (long)Math.Min(count + 1, RetryRules.MostFailures);
        return new FailureCounts(Packed & ~((long)Mask << ShiftOf(cause)) | next << ShiftOf(cause));
    }

    private static int ShiftOf(FailureCause cause) => cause switch
    {
        < FailureCause.NodeLost => (int)cause * Bits,
        > FailureCause.NodeLost => (int)FailureCause.NodeLost * Bits,
        _ => throw new ArgumentOutOfRangeException(nameof(cause), cause, "Losses are counted apart."),
    };
}
