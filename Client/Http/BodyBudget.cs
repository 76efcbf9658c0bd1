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

    private readonly ByteLane bytes;

    /// <summary>Creates the budget and its metrics.</summary>
    /// <param name="time">The clock.</param>
    public BodyBudget(TimeProvider time) =>
        bytes = new ByteLane(
            (MeterName, "orleanstasks.bodies"),
            new CallerTurns(
                ServiceLimits.BodiesBytes, ServiceLimits.BodiesBytesOfCaller, ServiceLimits.WaitingBodies,
                ServiceLimits.WaitingBodiesOfCaller),
            ("{request}", "Large request bodies"), (Problems.TooManyBodies, Problems.BodiesBusy), time);

    /// <summary>Waits until there is room for a body, which is kept until the request is answered.</summary>
    /// <exception cref="ProblemException">429 or 503: the budget is used up.</exception>
    internal async Task Enter(HttpContext context, long size) =>
        context.Response.RegisterForDispose(await bytes.Lane.Enter(context, weight: size));

    /// <inheritdoc/>
    public void Dispose() => bytes.Dispose();
}
