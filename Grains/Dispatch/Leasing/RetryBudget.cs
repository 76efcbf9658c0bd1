using OrleansTasks.Tasks;

namespace OrleansTasks.Dispatch.Leasing;

/// <summary>
/// Decides whether a failed attempt was the last. A failure counts towards the budget that <see cref="RetryRules"/>
/// give its cause, or else towards <see cref="RetryPolicy.MaxAttempts"/>; a fatal one ends the task. With rules,
/// failures and losses together end it at <see cref="RetryRules.MostFailures"/>. Pure.
/// </summary>
internal static class RetryBudget
{
    /// <summary>
    /// Counts a failed attempt; true when none is left. Losses are those that did not count as failures.
    /// </summary>
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

    /// <summary>
    /// Whether a task with that many losses has no attempt left. Without a budget, mostLosses requeue.
    /// </summary>
    public static bool IsLostTooOften(RetryPolicy policy, FailureCounts failures, int losses, int mostLosses)
    {
        if (policy.Rules is not { } rules)
            return losses > mostLosses;
        var budget = rules.BudgetOf(FailureCause.NodeLost);
        return losses >= (budget == 0 ? mostLosses + 1 : budget) || IsUsedUp(failures, losses);
    }

    private static bool IsUsedUp(FailureCounts failures, int losses) => failures.Total + losses >= RetryRules.MostFailures;
}
