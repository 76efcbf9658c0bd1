namespace OrleansTasks.Bench.Harness;

/// <summary>One measured figure.</summary>
/// <param name="Name">What was measured.</param>
/// <param name="Unit">Its unit.</param>
/// <param name="Values">One value a run.</param>
/// <param name="Reference">What it is compared with, one value a run, in the same unit; empty when it stands alone.</param>
/// <param name="ReferenceName">What the reference is.</param>
/// <param name="Target">The bound on the median, or on the median ratio when there is a reference; null when there is none.</param>
/// <param name="AtLeast">Whether the target is a lower bound.</param>
public sealed record Figure(
    string Name,
    string Unit,
    double[] Values,
    double[] Reference,
    string? ReferenceName,
    double? Target,
    bool AtLeast)
{
    /// <summary>The median over the runs.</summary>
    public double Median => Statistics.Median(Values);

    /// <summary>The median of the ratios run by run; NaN without a reference.</summary>
    public double Ratio => Reference.Length == 0
        ? double.NaN
        : Statistics.Median([.. Values.Zip(Reference, static (value, reference) => value / reference)]);

    /// <summary>What the target is compared with.</summary>
    public double Judged => Reference.Length == 0 ? Median : Ratio;

    /// <summary>Whether the target is met; true when there is none.</summary>
    public bool IsMet => Target is not { } target || (AtLeast ? Judged >= target : Judged <= target);
}
