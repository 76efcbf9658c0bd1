using OrleansTasks.Tasks;

namespace OrleansTasks.Dispatch.Table;

/// <summary>
/// How many attempts of a task failed, by cause, since acceptance or the last retry by a user: eight bits a cause in
/// one integer, which is also the stored form. The lowest eight bits count the failures that have no budget of their
/// own, as the whole integer did before there were causes, so rows of that time read as they are. Losses of the node
/// are counted apart (<see cref="TaskSlot.NodeLosses"/>).
/// </summary>
/// <param name="Packed">The integer.</param>
internal readonly record struct FailureCounts(long Packed)
{
    /// <summary>How many failures of the cause were counted: 0 to <see cref="RetryRules.MostFailures"/>.</summary>
    public int this[FailureCause cause] => (int)(Packed >> ShiftOf(cause) & 0xff);

    /// <summary>How many failures were counted in all.</summary>
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

    /// <summary>
    /// Returns the counts with one failure more. A count stays at <see cref="RetryRules.MostFailures"/>, so it never
    /// reaches its neighbour's bits.
    /// </summary>
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
