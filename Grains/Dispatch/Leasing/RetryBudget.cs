using OrleansTasks.Tasks;

namespace OrleansTasks.Dispatch.Leasing;

/// <summary>
/// Decides whether a failed attempt was the last one. A cause that <see cref="RetryRules"/> give a budget counts in it
/// alone; all other failures count towards <see cref="RetryPolicy.MaxAttempts"/>. Beyond that, a task with rules fails at
/// the latest when <see cref="RetryRules.MostFailures"/> attempts have failed or were lost. Pure; <see cref="Attempts"/>
/// calls it.
/// </summary>
internal static class RetryBudget
{
    /// <summary>Counts a failed attempt; true when no attempt is left.</summary>
    /// <param name="policy">The task's policy.</param>
    /// <param name="reason">Why the attempt ended.</param>
    /// <param name="exitCode">Its exit code, if it had one.</param>
    /// <param name="failures">The failures so far; with this one afterwards.</param>
    /// <param name="losses">How often the node was lost without counting as a failure.</param>
    public static bool Spend(RetryPolicy policy, EndReason reason, int? exitCode, ref FailureCounts failures, int losses)
    {
        if (policy.Rules is not { } rules)
        {
            failures = failures.Plus(FailureCause.None);
            return failures[FailureCause.None] >= Math.Min(policy.MaxAttempts, RetryRules.MostFailures);
        }

        var cause = rules.CauseOf(reason, exitCode);
        failures = failures.Plus(cause);
        var budget = cause == FailureCause.None ? policy.MaxAttempts : rules.BudgetOf(cause);
        return failures[cause] >= budget || rules.IsFatal(reason, exitCode) || IsUsedUp(failures, losses);
    }

    /// <summary>Whether a task that has now been lost so often with its node has no attempt left.</summary>
    /// <param name="policy">The task's policy, by which losses requeue.</param>
    /// <param name="failures">The failures so far.</param>
    /// <param name="losses">The losses, with the latest.</param>
    /// <param name="mostLosses">How many losses requeue when the policy does not say.</param>
    public static bool IsLostTooOften(RetryPolicy policy, FailureCounts failures, int losses, int mostLosses)
    {
        if (policy.Rules is not { } rules)
            return losses > mostLosses;
        var budget = rules.BudgetOf(FailureCause.NodeLost);
        return losses >= (budget == 0 ? mostLosses + 1 : budget) || IsUsedUp(failures, losses);
    }

    private static bool IsUsedUp(FailureCounts failures, int losses) => failures.Total + losses >= RetryRules.MostFailures;
}
