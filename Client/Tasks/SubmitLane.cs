using System.Diagnostics;
using OrleansTasks.Client.Http;
using OrleansTasks.Cluster.Link;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Tasks;

/// <summary>
/// The submissions of one gateway to one queue, limited in number and combined into calls. Each is answered within
/// <see cref="AnswerLimit"/> of its arrival, wherever it is by then.
/// </summary>
/// <remarks>
/// Normally one call is open, and requests that arrive during it wait for the next call. A second call is made at the
/// same time once <see cref="WorthACall"/> requests wait: the dispatcher then reads one batch while the store syncs the
/// other. It is also made if the open call takes longer than <see cref="Patience"/>, because its reply may be lost. A
/// second call for every request would make the batches small, and each batch costs a commit and several thread
/// switches.
/// </remarks>
internal sealed partial class SubmitLane
{
    /// <summary>Maximum number of waiting requests. Beyond it, callers get 429.</summary>
    public const int MostWaiting = ServiceLimits.WaitingSubmissions;

    /// <summary>Maximum size of the waiting requests in bytes. Beyond it, callers get 429.</summary>
    public const long MostWaitingBytes = ServiceLimits.WaitingSubmissionBytes;

    /// <summary>Maximum time for a request, including its wait for other calls and for a silo.</summary>
    public static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(10);

    /// <summary>How long requests wait for an open call before a second call is made.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// The number of waiting requests for which a second call is made. Measured with 64 and 256 connections on two
    /// cores; see docs/benchmarks.md.
    /// </summary>
    public const int WorthACall = 24;

    private const int MostCalls = 2;
    private const int MostRequests = 1_024;
    private const long MostBytes = 4 * 1024 * 1024;

    private readonly ITaskDispatcherGrain dispatcher;
    private readonly IClusterLink link;
    private readonly TimeProvider time;
    private readonly ILogger logger;
    private readonly Lock gate = new();
    private readonly Queue<PendingSubmission> waiting = new();
    private readonly Queue<PendingSubmission> unanswered = new();
    private readonly ITimer deadline;
    private readonly ITimer watch;
    private bool hasDeadline;
    private bool isWatching;
    private long waitingBytes;
    private int calls;

    // When the open calls began, as timestamps. earlierBegan is valid only while two calls are open.
    private long laterBegan;
    private long earlierBegan;

    public SubmitLane(ITaskDispatcherGrain dispatcher, IClusterLink link, TimeProvider time, ILogger logger)
    {
        (this.dispatcher, this.link, this.time, this.logger) = (dispatcher, link, time, logger);
        deadline = time.CreateTimer(
            static lane => ((SubmitLane)lane!).AnswerLate(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        watch = time.CreateTimer(
            static lane => ((SubmitLane)lane!).LookAtCall(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Whether no request waits and no call is open. An idle lane has no state worth keeping.</summary>
    public bool IsIdle
    {
        get
        {
            lock (gate)
                return waiting.Count == 0 && calls == 0;
        }
    }

    /// <summary>The number of requests that wait for a call.</summary>
    public int Waiting
    {
        get
        {
            lock (gate)
                return waiting.Count;
        }
    }

    /// <summary>
    /// Adds a request, or refuses it if too much is waiting. The caller's continuation may run within the lane's own
    /// work, so it must not block.
    /// </summary>
    public Task<SubmitVerdict> Submit(SubmitRequest request, int bytes)
    {
        var pending = new PendingSubmission(request, bytes, time.GetTimestamp());
        Batch batch;
        lock (gate)
        {
            if (waiting.Count >= MostWaiting || (waitingBytes > 0 && waitingBytes + bytes > MostWaitingBytes))
                return Task.FromResult(new SubmitVerdict(Problems.QueueFull(0), default));
            waiting.Enqueue(pending);
            waitingBytes += bytes;
            unanswered.Enqueue(pending);
            if (!hasDeadline)
                SetDeadline(AnswerLimit);
            if (calls == MostCalls || (calls > 0 && !IsWorthACall))
            {
                Watch(Patience);
                return pending.Task;
            }

            batch = Begin();
        }

        _ = Call(batch);
        return pending.Task;
    }

    /// <summary>
    /// Sends a batch. When its reply arrives, sends the next batch before it answers the callers, so that the
    /// dispatcher can write that one in the meantime.
    /// </summary>
    private async Task Call(Batch batch)
    {
        var submissions = batch.Submissions;
        // One grain call carries many requests. Show it in the trace of the first request.
        if (submissions[0].Span is var span && span != Activity.Current)
            Activity.Current = span;
        if (!link.IsUp && !await link.WaitUp(LeftOf(submissions)))
            AnswerLate();
        var answers = MarkSent(submissions) ? await Send(submissions) : default;
        answers.Decide(submissions);
        if (End(batch) is { } next)
            _ = Call(next);
        SubmitAnswers.Tell(submissions);
    }

    /// <summary>Makes a second call if the open one takes long and requests are waiting.</summary>
    private void LookAtCall()
    {
        Batch batch;
        lock (gate)
        {
            isWatching = false;
            if (waiting.Count == 0 || calls == MostCalls)
                return;
            var left = calls == 0 ? TimeSpan.Zero : Patience - time.GetElapsedTime(laterBegan);
            if (left > TimeSpan.Zero)
            {
                Watch(left);
                return;
            }

            batch = Begin();
        }

        _ = Call(batch);
    }

    // Requires the gate. Sets the timer only if it is not set, because that costs more than everything else a
    // submission does in the lane.
    private void Watch(TimeSpan after)
    {
        if (isWatching || calls == MostCalls)
            return;
        isWatching = true;
        watch.Change(after, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Whether enough requests wait for a second call. Requires the gate.</summary>
    private bool IsWorthACall => waiting.Count >= WorthACall || waitingBytes >= MostBytes;

    /// <summary>Starts one more call with the first waiting requests. Requires the gate.</summary>
    private Batch Begin()
    {
        calls++;
        earlierBegan = laterBegan;
        laterBegan = time.GetTimestamp();
        return new Batch(Take(), laterBegan);
    }

    /// <summary>
    /// Ends a batch's call. Returns the next batch; null if nothing waits, or if another call is open that is not late
    /// and too little waits for a second one.
    /// </summary>
    private Batch? End(Batch batch)
    {
        lock (gate)
        {
            while (unanswered.TryPeek(out var oldest) && oldest.IsAnswered)
                unanswered.Dequeue();
            calls--;
            if (calls > 0 && batch.Began == laterBegan)
                laterBegan = earlierBegan;
            if (waiting.Count == 0)
                return null;
            if (calls == 0 || IsWorthACall || time.GetElapsedTime(laterBegan) >= Patience)
                return Begin();
            Watch(Patience);
            return null;
        }
    }

    private List<PendingSubmission> Take()
    {
        var batch = new List<PendingSubmission>(Math.Min(waiting.Count, MostRequests));
        for (var bytes = 0L; batch.Count < MostRequests && waiting.TryPeek(out var next); batch.Add(waiting.Dequeue()))
        {
            bytes += next.Bytes;
            if (batch.Count > 0 && bytes > MostBytes)
                break;
            waitingBytes -= next.Bytes;
        }

        return batch;
    }

    /// <summary>
    /// Marks the batch's submissions as sent, after removing those already answered. Returns false if none are left.
    /// </summary>
    private bool MarkSent(List<PendingSubmission> batch)
    {
        lock (gate)
        {
            batch.RemoveAll(static pending => pending.IsAnswered);
            foreach (var pending in batch)
                pending.IsSent = true;
            return batch.Count > 0;
        }
    }

    /// <summary>Returns how much time is left to answer the latest submission of the batch.</summary>
    private TimeSpan LeftOf(List<PendingSubmission> batch)
    {
        var left = AnswerLimit - time.GetElapsedTime(batch[^1].Arrived);
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }

    private async Task<SubmitAnswers> Send(List<PendingSubmission> batch)
    {
        for (var isRepeated = false; ;)
        {
            try
            {
                return SubmitAnswers.Of(await dispatcher.Submit(RequestsOf(batch, repeated: false)), batch.Count);
            }
            catch (Exception fault) when (Faults.IsOwnerReplaced(fault) && LeftOf(batch) > Takeover.Pause)
            {
                // The owner ends with this failure, so the next call usually reaches the new one at once.
                if (isRepeated)
                    await Task.Delay(Takeover.Pause, time);
                isRepeated = true;
                if (!MarkSent(batch))
                    return default;
            }
            catch (StoreUnavailableException)
            {
                return SubmitAnswers.Refused(Problems.StoreUnavailable());
            }
            catch (TooManyQueuesException)
            {
                return SubmitAnswers.Refused(Problems.TooManyQueues());
            }
            catch (Exception fault) when (Faults.IsOutcomeUnknown(fault))
            {
                LogRepeating(dispatcher, batch.Count, fault);
                return await Repeat(batch);
            }
            catch (Exception fault)
            {
                LogFailed(dispatcher, batch.Count, fault);
                return SubmitAnswers.Refused(Problems.InternalError());
            }
        }
    }

    /// <summary>
    /// Sends the same ids again once a silo answers: tasks that the first call had stored count as accepted, and the
    /// others are accepted now. While the queue's silo is gone, or its owner changes, tries again until another silo has
    /// taken over the queue. If this fails for any reason, the outcome of the first call stays unknown.
    /// </summary>
    private async Task<SubmitAnswers> Repeat(List<PendingSubmission> batch)
    {
        while (true)
        {
            try
            {
                await link.WaitUp(LeftOf(batch));
                return MarkSent(batch)
                    ? SubmitAnswers.Of(
                        await dispatcher.Submit(RequestsOf(batch, repeated: true)), batch.Count, isRepeat: true)
                    : default;
            }
            catch (Exception fault) when (Faults.IsTakenOver(fault) && LeftOf(batch) > Takeover.Pause)
            {
                await Task.Delay(Takeover.Pause, time);
            }
            catch (Exception fault)
            {
                LogUnknown(dispatcher, batch.Count, fault);
                return SubmitAnswers.Refused(Problems.OutcomeUnknown());
            }
        }
    }

    /// <summary>
    /// Answers the submissions whose time is over. A request that was sent may have been executed; one that was not
    /// sent was not.
    /// </summary>
    private void AnswerLate()
    {
        List<PendingSubmission> late = [];
        lock (gate)
        {
            hasDeadline = false;
            while (unanswered.TryPeek(out var oldest))
            {
                var left = AnswerLimit - time.GetElapsedTime(oldest.Arrived);
                if (!oldest.IsAnswered && left > TimeSpan.Zero)
                {
                    SetDeadline(left);
                    break;
                }

                // Decide under the lock: once a caller learns that its request was not sent, it must not be sent any
                // more.
                if (oldest.TryDecide(new SubmitVerdict(oldest.IsSent ? Problems.OutcomeUnknown() : Problems.NotSent(), default)))
                    late.Add(oldest);
                unanswered.Dequeue();
            }

            for (; waiting.TryPeek(out var next) && next.IsAnswered; waiting.Dequeue())
                waitingBytes -= next.Bytes;
        }

        SubmitAnswers.Tell(late);
    }

    private void SetDeadline(TimeSpan left)
    {
        hasDeadline = true;
        deadline.Change(left, Timeout.InfiniteTimeSpan);
    }

    private static ImmutableArray<SubmitRequest> RequestsOf(List<PendingSubmission> batch, bool repeated)
    {
        var requests = ImmutableArray.CreateBuilder<SubmitRequest>(batch.Count);
        foreach (var item in batch)
            requests.Add(repeated ? item.Request with { Repeated = true } : item.Request);
        return requests.MoveToImmutable();
    }

    /// <summary>The contents of one call.</summary>
    /// <param name="Submissions">The submissions. Those that are answered in the meantime are removed.</param>
    /// <param name="Began">When the call began, as a timestamp.</param>
    private sealed record Batch(List<PendingSubmission> Submissions, long Began);
}
