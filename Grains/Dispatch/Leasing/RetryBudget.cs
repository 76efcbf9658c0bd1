using OrleansTasks.Tasks;

namespace OrleansTasks.Dispatch.Leasing;

/// <summary>
/// Decides whether a failed attempt was the last. A failure counts towards the budget that <see cref="RetryRules"/>
/// give its cause, otherwise towards <see cref="RetryPolicy.MaxAttempts"/>; a fatal failure ends the task. With rules,
/// the task also ends when failures and losses together reach <see cref="RetryRules.MostFailures"/>. Pure.
/// </summary>
internal static class RetryBudget
{
    /// <summary>
    /// Counts a failed attempt. Returns true if no attempt is left. <paramref name="losses"/> are those that did not
    /// count as failures.
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
    /// Returns whether a task that has lost its node <paramref name="losses"/> times has no attempt left. Without a
    /// budget for losses, <paramref name="mostLosses"/> losses requeue the task and the next one ends it.
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
