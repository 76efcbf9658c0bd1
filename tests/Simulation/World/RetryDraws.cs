using OrleansTasks.Tasks;

namespace OrleansTasks.Simulation.World;

/// <summary>Draws budgets by cause for some tasks, from a generator of its own.</summary>
internal sealed class RetryDraws(int seed)
{
    private static readonly FailureCause[] Causes =
        [FailureCause.Exit, FailureCause.Signal, FailureCause.Timeout, FailureCause.SpawnFailed, FailureCause.NodeLost];

    private readonly SimRandom chance = new(seed, "retries by cause");

    /// <summary>The policy, in half of the cases with rules.</summary>
    public RetryPolicy Draw(RetryPolicy policy)
    {
        if (chance.Next(2) == 0)
            return policy;
        var rules = RetryRules.None;
        foreach (var cause in Causes)
        {
            if (chance.Next(3) == 0 && (cause != FailureCause.NodeLost || policy.OnNodeLost))
                rules = rules.WithBudget(cause, chance.Next(1, 4));
        }

        if (rules.BudgetOf(FailureCause.Exit) > 0 && chance.Next(2) == 0)
            rules = rules with { ExitCodes = ExitCodeSet.Range(1, chance.Next(1, 4)) };
        if (chance.Next(4) == 0 && rules.ExitCodes is null)
            rules = rules with { FatalExitCodes = ExitCodeSet.Range(3, 9) };
        return rules == RetryRules.None ? policy : policy with { Rules = rules };
    }
}
