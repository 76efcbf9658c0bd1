using System.Diagnostics.Metrics;
using OrleansTasks.Client.Access;

namespace OrleansTasks.Client.Http;

/// <summary>
/// The waiting line of reads that may take long: lists with filters, counts, histograms, failures, the audit trail, bulk
/// calls, searches. Short reads, such as one task or a page without filters, do not wait here. A read ends when its caller
/// hangs up or its time is over, and then also in the store.
/// </summary>
public sealed class LongReads : IDisposable
{
    /// <summary>How many long reads of all callers run at a time in a gateway.</summary>
    public const int Most = ServiceLimits.Reads;

    /// <summary>How many long reads of one caller (a key; without keys an address) run at a time.</summary>
    public const int MostOfOne = ServiceLimits.ReadsOfCaller;

    /// <summary>How many long reads of all callers wait; one more is answered 503 <c>not-ready</c>.</summary>
    public const int MostWaiting = ServiceLimits.WaitingReads;

    /// <summary>How many long reads of one caller wait; one more is answered 429 <c>rate-limited</c>.</summary>
    public const int MostWaitingOfOne = ServiceLimits.WaitingReadsOfCaller;

    /// <summary>How long a read waits for its turn; then it is answered 503 <c>not-ready</c>.</summary>
    public static readonly TimeSpan LongestWait = ServiceLimits.ReadWait;

    /// <summary>How long a read runs; then it is ended and answered 503 <c>not-ready</c>.</summary>
    public static readonly TimeSpan LongestRead = ServiceLimits.ReadTime;

    /// <summary>The meter's name.</summary>
    public const string MeterName = "OrleansTasks.Client.Reads";

    private readonly CallerTurns turns = new(Most, MostOfOne, MostWaiting, MostWaitingOfOne);
    private readonly TimeProvider time;
    private readonly Meter meter = new(MeterName);
    private readonly Counter<long> refused;

    /// <summary>Makes the line.</summary>
    /// <param name="time">The clock.</param>
    public LongReads(TimeProvider time)
    {
        this.time = time;
        meter.CreateObservableGauge(
            "orleanstasks.reads.running", () => turns.Running, "{read}", "Long reads that run.");
        meter.CreateObservableGauge(
            "orleanstasks.reads.waiting", () => turns.Waiting, "{read}", "Long reads that wait for their turn.");
        refused = meter.CreateCounter<long>(
            "orleanstasks.reads.refused", "{read}", "Long reads refused or ended, by reason: caller, line, wait, time.");
    }

    /// <summary>Runs a read when its turn has come. A response that has begun is never refused for a full line.</summary>
    /// <param name="context">Whose read it is; it ends with the request.</param>
    /// <param name="read">Reads until its token is cancelled.</param>
    /// <param name="isAdmitted">Whether the read goes on with a call that has had a turn before.</param>
    /// <exception cref="ProblemException">429 or 503: too many reads wait.</exception>
    /// <exception cref="TimeoutException">The read took too long.</exception>
    public async Task<T> Run<T>(HttpContext context, Func<CancellationToken, Task<T>> read, bool isAdmitted = false)
    {
        // Without keys there is the address.
        var caller = (context.Features.Get<ICallerFeature>() as Caller)?.KeyId ?? context.CallerAddress() ?? "";
        await Enter(caller, isAdmitted || context.Response.HasStarted, context.RequestAborted);
        try
        {
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
        finally
        {
            turns.Leave(caller);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => meter.Dispose();

    private async Task Enter(string caller, bool isAdmitted, CancellationToken aborted)
    {
        using var limit = new CancellationTokenSource(isAdmitted ? Timeout.InfiniteTimeSpan : LongestWait, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, aborted);
        try
        {
            switch (await turns.Enter(caller, isAdmitted, both.Token))
            {
                case CallerTurns.Entry.CallerIsFull:
                    Count("caller");
                    throw new ProblemException(Problems.TooManyReads());
                case CallerTurns.Entry.Full:
                    Count("line");
                    throw new ProblemException(Problems.Busy());
            }
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !aborted.IsCancellationRequested)
        {
            Count("wait");
            throw new ProblemException(Problems.Busy());
        }
    }

    private void Count(string reason) => refused.Add(1, new KeyValuePair<string, object?>("reason", reason));
}
