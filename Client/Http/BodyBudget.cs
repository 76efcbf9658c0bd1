using System.Diagnostics.Metrics;

namespace OrleansTasks.Client.Http;

/// <summary>
/// Limits the bytes of large request bodies, of all callers and of one. A body counts from before it is read until its
/// request is answered. Bodies of up to <see cref="Small"/> bytes are not counted; the number of connections bounds
/// them.
/// </summary>
public sealed class BodyBudget : IDisposable
{
    /// <summary>The meter's name.</summary>
    public const string MeterName = "OrleansTasks.Client.Bodies";

    /// <summary>Bodies of up to this many bytes are not counted.</summary>
    internal const int Small = 64 * 1024;

    private readonly CallerLane lane;
    private readonly Meter meter = new(MeterName);
    private readonly Counter<long> refused;

    /// <summary>Creates the budget and its metrics.</summary>
    /// <param name="time">The clock.</param>
    public BodyBudget(TimeProvider time)
    {
        var turns = new CallerTurns(
            ServiceLimits.BodiesBytes, ServiceLimits.BodiesBytesOfCaller, ServiceLimits.WaitingBodies,
            ServiceLimits.WaitingBodiesOfCaller);
        lane = new CallerLane(turns, ServiceLimits.ReadWait, time)
        {
            CallerIsFull = Problems.TooManyBodies, IsFull = Problems.BodiesBusy, Count = Count,
        };
        meter.CreateObservableGauge(
            "orleanstasks.bodies.bytes", () => turns.Running, "By", "Bytes of large request bodies under way.");
        meter.CreateObservableGauge(
            "orleanstasks.bodies.waiting", () => turns.Waiting, "{request}", "Large request bodies that wait to be read.");
        refused = meter.CreateCounter<long>(
            "orleanstasks.bodies.refused", "{request}", "Large request bodies refused, by reason: caller, line, wait.");
    }

    /// <summary>Waits until there is room for a body, which is kept until the request is answered.</summary>
    /// <exception cref="ProblemException">429 or 503: the budget is used up.</exception>
    internal async Task Enter(HttpContext context, long bytes) =>
        context.Response.RegisterForDispose(await lane.Enter(context, weight: bytes));

    /// <inheritdoc/>
    public void Dispose() => meter.Dispose();

    private void Count(string reason) => refused.Add(1, new KeyValuePair<string, object?>("reason", reason));
}
