namespace OrleansTasks.Tasks;

/// <summary>
/// What a retry policy says about single causes of failure: the contract's <c>retry.on</c> and
/// <c>retry.fatalExitCodes</c>. Few tasks have any, so a policy without them has no such object.
/// </summary>
/// <param name="FatalExitCodes">An exit with one of these codes is the last attempt.</param>
/// <param name="Budgets">
/// Eight bits a cause, those of <see cref="FailureCause.Exit"/> lowest: how many failed attempts of the cause end the
/// task; 0 for a cause without a budget of its own.
/// </param>
/// <param name="ExitCodes">The codes that the budget of <see cref="FailureCause.Exit"/> is for; null for all.</param>
/// <param name="MemoryFactor">By how much the memory limit grows with each out-of-memory failure; 0 when it does not.</param>
/// <param name="MemoryMax">The memory limit grows to so many bytes at most.</param>
[GenerateSerializer, Immutable, Alias("ot.RetryRules")]
public sealed record RetryRules(
    [property: Id(0)] ExitCodeSet FatalExitCodes,
    [property: Id(1)] ulong Budgets,
    [property: Id(2)] ExitCodeSet? ExitCodes = null,
    [property: Id(3)] double MemoryFactor = 0,
    [property: Id(4)] long MemoryMax = 0)
{
    /// <summary>No task fails more often in all, and no budget is larger.</summary>
    public const int MostFailures = 100;

    /// <summary>Rules that say nothing.</summary>
    public static RetryRules None { get; } = new(default, 0);

    /// <summary>How many failed attempts of the cause end the task; 0 when the cause has no budget of its own.</summary>
    public int BudgetOf(FailureCause cause) =>
        cause == FailureCause.None ? 0 : (int)(Budgets >> (((int)cause - 1) * 8) & 0xff);

    /// <summary>Returns the same rules with a budget for a cause.</summary>
    public RetryRules WithBudget(FailureCause cause, int budget)
    {
        var shift = ((int)cause - 1) * 8;
        return this with { Budgets = (Budgets & ~(0xfful << shift)) | ((ulong)budget << shift) };
    }

    /// <summary>
    /// The cause whose budget a failed attempt uses up; none when it counts towards
    /// <see cref="RetryPolicy.MaxAttempts"/>. A loss is never one of these, since losses are counted apart.
    /// </summary>
    public FailureCause CauseOf(EndReason reason, int? exitCode)
    {
        var cause = FailureCauses.Of(reason);
        if (cause == FailureCause.NodeLost || BudgetOf(cause) == 0)
            return FailureCause.None;
        return cause == FailureCause.Exit && ExitCodes is { } codes && !codes.Contains(exitCode ?? -1)
            ? FailureCause.None
            : cause;
    }

    /// <summary>Whether an attempt that ended so is the last one, whatever budget is left.</summary>
    public bool IsFatal(EndReason reason, int? exitCode) =>
        reason == EndReason.Exit && exitCode is { } code && FatalExitCodes.Contains(code);

    /// <summary>
    /// The memory limit of the attempt that follows <paramref name="failures"/> out-of-memory failures: the task's own,
    /// times the factor for each failure, but at most <see cref="MemoryMax"/>.
    /// </summary>
    /// <param name="memoryBytes">The task's own limit.</param>
    /// <param name="failures">How many attempts ran out of memory, since acceptance or the last retry by a user.</param>
    public long MemoryAfter(long memoryBytes, int failures)
    {
        if (MemoryFactor <= 1 || failures == 0)
            return memoryBytes;
        // 16^100 is far below the largest double, so the product cannot overflow.
        var grown = memoryBytes * Math.Pow(MemoryFactor, failures);
        return grown >= MemoryMax ? Math.Max(MemoryMax, memoryBytes) : Math.Max((long)Math.Round(grown), memoryBytes);
    }
}
