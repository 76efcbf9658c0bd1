using System.Globalization;

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
    /// <summary>Reads what <see cref="ToString"/> wrote.</summary>
    /// <exception cref="FormatException">It is no fault.</exception>
    public static Fault Parse(string text)
    {
        var words = text.Split([' ', ',', '#'], StringSplitOptions.RemoveEmptyEntries);
        if (words is not [var number, var kind, "at", var at, "s", "for", var length, "s", "target", var target, "strength", var strength]
            || !Enum.TryParse<FaultKind>(kind, out var known))
        {
            throw new FormatException($"No fault: {text}");
        }

        return new Fault(
            int.Parse(number, CultureInfo.InvariantCulture),
            known,
            Script.Seconds(double.Parse(at, CultureInfo.InvariantCulture)),
            Script.Seconds(double.Parse(length, CultureInfo.InvariantCulture)),
            int.Parse(target, CultureInfo.InvariantCulture),
            double.Parse(strength, CultureInfo.InvariantCulture));
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"#{Number} {Kind} at {At.TotalSeconds:0.0#####} s for {Length.TotalSeconds:0.0#####} s, target {Target}, strength {Strength:0.00#####}");
}
