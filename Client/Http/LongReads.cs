using System.Diagnostics.Metrics;

namespace OrleansTasks.Client.Http;

/// <summary>
/// Limits concurrent reads that may take long: filtered lists, counts, histograms, failures, the audit, bulk calls and
/// searches. Short reads, such as one task or a page without filters, bypass it. A read ends, also in the store, when
/// its caller disconnects or its time is over.
/// </summary>
public sealed class LongReads : IDisposable
{
    /// <summary>How many long reads of all callers run at a time in a gateway.</summary>
    public const int Most = ServiceLimits.Reads;

    /// <summary>
    /// How many long reads of one caller run at a time. A caller is a key or, without keys, an IP address.
    /// </summary>
    public const int MostOfOne = ServiceLimits.ReadsOfCaller;

    /// <summary>How many long reads of all callers may wait. One more gets 503 <c>not-ready</c>.</summary>
    public const int MostWaiting = ServiceLimits.WaitingReads;

    /// <summary>How many long reads of one caller may wait. One more gets 429 <c>rate-limited</c>.</summary>
    public const int MostWaitingOfOne = ServiceLimits.WaitingReadsOfCaller;

    /// <summary>How long a read waits for its turn before it gets 503 <c>not-ready</c>.</summary>
    public static readonly TimeSpan LongestWait = ServiceLimits.ReadWait;

    /// <summary>How long a read may run before it is ended with 503 <c>not-ready</c>.</summary>
    public static readonly TimeSpan LongestRead = ServiceLimits.ReadTime;

    /// <summary>The meter's name.</summary>
    public const string MeterName = "OrleansTasks.Client.Reads";

    private readonly TimeProvider time;
    private readonly CallerLane lane;
    private readonly Meter meter = new(MeterName);
    private readonly Counter<long> refused;

    /// <summary>Creates the limiter and its metrics.</summary>
    /// <param name="time">The clock.</param>
    public LongReads(TimeProvider time)
    {
        this.time = time;
        var turns = new CallerTurns(Most, MostOfOne, MostWaiting, MostWaitingOfOne);
        lane = new CallerLane(turns, LongestWait, time)
        {
            CallerIsFull = Problems.TooManyReads, IsFull = Problems.Busy, Count = Count,
        };
        meter.CreateObservableGauge(
            "orleanstasks.reads.running", () => turns.Running, "{read}", "Running long reads.");
        meter.CreateObservableGauge(
            "orleanstasks.reads.waiting", () => turns.Waiting, "{read}", "Waiting long reads.");
        refused = meter.CreateCounter<long>(
            "orleanstasks.reads.refused", "{read}", "Long reads refused or ended, by reason: caller, line, wait, time.");
    }

    /// <summary>Runs a read when it has its turn. Once a response has started, its reads are never refused.</summary>
    /// <param name="context">The request; if it ends, the read ends.</param>
    /// <param name="read">Reads until its token is cancelled.</param>
    /// <param name="isAdmitted">Whether the read belongs to a call that has had a turn before.</param>
    /// <exception cref="ProblemException">429 or 503: too many reads are waiting.</exception>
    /// <exception cref="TimeoutException">The read took too long.</exception>
    public async Task<T> Run<T>(HttpContext context, Func<CancellationToken, Task<T>> read, bool isAdmitted = false)
    {
        using var place = await lane.Enter(context, isAdmitted || context.Response.HasStarted);
        using var limit = new CancellationTokenSource(LongestRead, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, context.RequestAborted);
        try
        {
            return await read(both.Token);
        }
        catch (OperationCanceledException e)
            when (limit.IsCancellationRequested && !context.RequestAborted.IsCancellationRequested)
        {
            Count("time");
            throw new TimeoutException("The read took too long.", e);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => meter.Dispose();

    private void Count(string reason) => refused.Add(1, new KeyValuePair<string, object?>("reason", reason));
}
