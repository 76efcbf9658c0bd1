using System.Diagnostics.Metrics;

namespace OrleansTasks.Client.Http;

/// <summary>
/// Limits bytes that requests keep in memory, of all callers and of one, and measures them: <c>bytes</c> taken,
/// requests <c>waiting</c>, and requests <c>refused</c> by reason.
/// </summary>
internal sealed class ByteLane : IDisposable
{
    private readonly Counter<long> refused;

    /// <summary>Creates the limit and its metrics.</summary>
    /// <param name="names">The meter's name, and what the names of its instruments begin with.</param>
    /// <param name="turns">The limits.</param>
    /// <param name="counted">What is counted: the unit and the plural for descriptions.</param>
    /// <param name="refusals">The refusals of a caller with too many, and of all.</param>
    /// <param name="time">The clock.</param>
    public ByteLane(
        (string Meter, string Prefix) names, CallerTurns turns, (string Unit, string Plural) counted,
        (Func<Problem> OfCaller, Func<Problem> OfAll) refusals, TimeProvider time)
    {
        Meter = new Meter(names.Meter);
        Lane = new CallerLane(turns, ServiceLimits.ReadWait, time)
        {
            CallerIsFull = refusals.OfCaller, IsFull = refusals.OfAll, Count = Count,
        };
        Meter.CreateObservableGauge(
            names.Prefix + ".bytes", () => turns.Running, "By", $"What {counted.Plural} under way take of their budget.");
        Meter.CreateObservableGauge(
            names.Prefix + ".waiting", () => turns.Waiting, counted.Unit, $"{counted.Plural} that wait for room.");
        refused = Meter.CreateCounter<long>(
            names.Prefix + ".refused", counted.Unit, $"{counted.Plural} refused, by reason: caller, line, wait.");
    }

    /// <summary>The turns.</summary>
    public CallerLane Lane { get; }

    /// <summary>The meter, for more instruments.</summary>
    public Meter Meter { get; }

    /// <summary>Counts a refusal.</summary>
    public void Count(string reason) => refused.Add(1, new KeyValuePair<string, object?>("reason", reason));

    /// <inheritdoc/>
    public void Dispose() => Meter.Dispose();
}
