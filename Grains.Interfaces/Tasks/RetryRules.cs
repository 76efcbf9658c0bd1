namespace OrleansTasks.Tasks;

/// <summary>
/// A retry policy's rules for single causes of failure: the contract's <c>retry.on</c> and <c>retry.fatalExitCodes</c>.
/// Few tasks have any, so a policy without them has no such object.
/// </summary>
/// <param name="FatalExitCodes">The exit codes after which no further attempt follows.</param>
/// <param name="Budgets">
/// The budgets, in eight bits per cause; those of <see cref="FailureCause.Exit"/> are lowest. A budget is how many
/// failed attempts of the cause end the task; 0 means that the cause has no budget of its own.
/// </param>
/// <param name="ExitCodes">
/// The codes to which the budget of <see cref="FailureCause.Exit"/> applies; null for all.
/// </param>
/// <param name="MemoryFactor">
/// The factor by which each out-of-memory failure multiplies the memory limit; 0 if the limit does not grow.
/// </param>
/// <param name="MemoryMax">The maximum in bytes to which the memory limit grows.</param>
[GenerateSerializer, Immutable, Alias("ot.RetryRules")]
public sealed record RetryRules(
    [property: Id(0)] ExitCodeSet FatalExitCodes,
    [property: Id(1)] ulong Budgets,
    [property: Id(2)] ExitCodeSet? ExitCodes = null,
    [property: Id(3)] double MemoryFactor = 0,
    [property: Id(4)] long MemoryMax = 0)
{
    /// <summary>
    /// The budgets of the causes after <see cref="FailureCause.NodeLost"/>, which are about files and images, in eight
    /// bits each. Failures of these causes have one count together.
    /// </summary>
    [Id(5)] public uint FileBudgets { get; init; }

    /// <summary>Maximum number of failed attempts of a task in all, and maximum of each budget.</summary>
    public const int MostFailures = 100;

    /// <summary>Empty rules.</summary>
    public static RetryRules None { get; } = new(default, 0);

    /// <summary>
    /// Returns how many failed attempts of the cause end the task; 0 if the cause has no budget of its own.
    /// </summary>
    public int BudgetOf(FailureCause cause) =>
        cause == FailureCause.None ? 0
        : cause > FailureCause.NodeLost ? (int)(FileBudgets >> ShiftOf(cause) & 0xff)
        : (int)(Budgets >> ShiftOf(cause) & 0xff);

    /// <summary>Returns these rules with a changed budget for a cause.</summary>
    public RetryRules WithBudget(FailureCause cause, int budget)
    {
        var shift = ShiftOf(cause);
        return cause > FailureCause.NodeLost
            ? this with { FileBudgets = (FileBudgets & ~(0xffu << shift)) | ((uint)budget << shift) }
            : this with { Budgets = (Budgets & ~(0xfful << shift)) | ((ulong)budget << shift) };
    }

    private static int ShiftOf(FailureCause cause) => ((int)cause - (cause > FailureCause.NodeLost ? 9 : 1)) * 8;

    /// <summary>
    /// Returns the cause whose budget a failed attempt consumes; none if the attempt counts towards
    /// <see cref="RetryPolicy.MaxAttempts"/>. Never returns a loss, because losses are counted separately.
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

    /// <summary>
    /// Returns whether an attempt that ended like this is the last one, regardless of the budgets left.
    /// </summary>
    public bool IsFatal(EndReason reason, int? exitCode) =>
        reason == EndReason.Exit && exitCode is { } code && FatalExitCodes.Contains(code);

    /// <summary>
    /// Returns the memory limit of the attempt after <paramref name="failures"/> out-of-memory failures: the task's own
    /// limit times the factor for each failure, but at most <see cref="MemoryMax"/>.
    /// </summary>
    /// <param name="memoryBytes">The task's own limit in bytes.</param>
    /// <param name="failures">
    /// The number of attempts that ran out of memory since acceptance or the last retry by a user.
    /// </param>
    public long MemoryAfter(long memoryBytes, int failures)
    {
        if (MemoryFactor <= 1 || failures == 0)
            return memoryBytes;
        // 16^100 is far below the largest double, so the product cannot overflow.
        var grown = memoryBytes * Math.Pow(MemoryFactor, failures);
        return grown >= MemoryMax ? Math.Max(MemoryMax, memoryBytes) : Math.Max((long)Math.Round(grown), memoryBytes);
    }
}
