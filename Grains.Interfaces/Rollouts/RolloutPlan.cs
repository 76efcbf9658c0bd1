namespace OrleansTasks.Rollouts;

/// <summary>How a rollout proceeds through its nodes. Durations are in milliseconds.</summary>
/// <param name="Waves">For each wave, how many nodes get their turn up to it: rising, up to all nodes.</param>
/// <param name="MaxFailed">How many nodes may fail before nothing more is started.</param>
/// <param name="Pause">How long the rollout waits between the end of a wave and the start of the next.</param>
/// <param name="CatchUp">How long after the rollout's start a node that was away still gets the command.</param>
public sealed record RolloutPlan(ImmutableArray<RolloutShare> Waves, RolloutShare MaxFailed, long Pause, long CatchUp)
{
    /// <summary>One wave of all nodes in which none may fail.</summary>
    public static RolloutPlan Default { get; } = new([RolloutShare.All], default, 0, 0);

    /// <summary>
    /// Returns how many of <paramref name="all"/> nodes have their turn up to each wave. A total is never lower than
    /// the one before, even if counts and percentages are mixed.
    /// </summary>
    public ImmutableArray<int> Totals(int all)
    {
        var (totals, reached) = (ImmutableArray.CreateBuilder<int>(Waves.Length), 0);
        foreach (var wave in Waves)
            totals.Add(reached = Math.Max(reached, wave.RoundedUp(all)));
        return totals.MoveToImmutable();
    }
}
