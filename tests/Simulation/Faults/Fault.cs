namespace OrleansTasks.Simulation.Faults;

/// <summary>
/// One thing that goes wrong at a time of a run. A run is its seed and its faults: any of them can be left out.
/// </summary>
/// <param name="Number">Its number in the seed's plan.</param>
/// <param name="Kind">What.</param>
/// <param name="At">When, from the beginning.</param>
/// <param name="Length">For how long.</param>
/// <param name="Target">Which silo, worker or queue, modulo how many there are.</param>
/// <param name="Strength">How bad, from 0 to 1.</param>
internal sealed record Fault(int Number, FaultKind Kind, TimeSpan At, TimeSpan Length, int Target, double Strength)
{
    /// <inheritdoc/>
    public override string ToString() =>
        FormattableString.Invariant($"#{Number} {Kind} at {At.TotalSeconds:0.0} s for {Length.TotalSeconds:0.0} s, target {Target}, strength {Strength:0.00}");
}
