using System.Diagnostics;
using OrleansTasks.Client.Http;
using OrleansTasks.Silo.Status;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Tasks;

/// <summary>
/// The submissions of one gateway to one queue: bounded and coalesced. Each is answered within <see cref="AnswerLimit"/> of its
/// arrival, wherever it is then.
/// </summary>
/// <remarks>
/// One call is under way, and what arrives meanwhile goes together with the next. A second call goes beside it as soon as
/// <see cref="WorthACall"/> requests wait: one batch is read and its callers are answered while the store syncs the other. It also goes
/// beside a call that takes longer than <see cref="Patience"/>, because its reply may be lost. A second call for every request would
/// make the batches small, and each batch costs a commit and several threads' waking.
/// </remarks>
internal sealed partial class SubmitLane
{
    /// <summary>The most requests that wait; then callers get 429.</summary>
    public const int MostWaiting = ServiceLimits.WaitingSubmissions;

    /// <summary>The most bytes that wait; then callers get 429.</summary>
    public const long MostWaitingBytes = ServiceLimits.WaitingSubmissionBytes;

    /// <summary>How long a request takes at most: its wait for others, for a silo, and for its calls.</summary>
    public static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(10);

    /// <summary>How long others wait for a call under way before a second one goes beside it.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(100);

    /// <summary>How long to wait before a queue is asked again whose silo is gone.</summary>
    private static readonly TimeSpan TakeoverPause = TimeSpan.FromMilliseconds(250);

    /// <summary>
    /// How many requests must wait before a second call is made beside the one under way. Measured with 64 and 256 connections on two
    /// cores: docs/benchmarks.md.
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

    // When the calls under way began, as timestamps; earlierBegan counts while there are two.
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

    /// <summary>Whether no request waits and no call is under way. An idle lane has no state worth keeping.</summary>
    public bool IsIdle
    {
        get
        {
            lock (gate)
                return waiting.Count == 0 && calls == 0;
        }
    }

    /// <summary>How many requests wait for the calls under way.</summary>
    public int Waiting
    {
        get
        {
            lock (gate)
                return waiting.Count;
        }
    }

    /// <summary>
    /// Takes a request, unless too much waits already. The caller may go on within the lane's own work: it must not block.
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
    /// Sends a batch, then what waits after it, and only then answers the batch: the dispatcher writes the next one meanwhile.
    /// </summary>
    private async Task Call(Batch batch)
    {
        var submissions = batch.Submissions;
        // Of many requests in one grain call, the trace of the first shows the call.
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

    /// <summary>Begins a second call if the one under way takes long and others wait.</summary>
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

    // Under the gate. Set at most once in a while: a timer costs more than a submission's whole way through the lane.
    private void Watch(TimeSpan after)
    {
        if (isWatching || calls == MostCalls)
            return;
        isWatching = true;
        watch.Change(after, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Whether enough waits for a call beside the one under way. Under the gate.</summary>
    private bool IsWorthACall => waiting.Count >= WorthACall || waitingBytes >= MostBytes;

    /// <summary>Takes the first batch of those that wait, for one call more. Under the gate.</summary>
    private Batch Begin()
    {
        calls++;
        earlierBegan = laterBegan;
        laterBegan = time.GetTimestamp();
        return new Batch(Take(), laterBegan);
    }

    /// <summary>
    /// Ends a batch's call. Returns the next batch; null when nothing waits, or when another call is under way that is not late and too
    /// little waits for a call beside it.
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

    /// <summary>Leaves out whose callers have been answered; false when that is all of them. The rest counts as sent.</summary>
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

    /// <summary>How long the last of them that came can still be answered.</summary>
    private TimeSpan LeftOf(List<PendingSubmission> batch)
    {
        var left = AnswerLimit - time.GetElapsedTime(batch[^1].Arrived);
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }

    private async Task<SubmitAnswers> Send(List<PendingSubmission> batch)
    {
        try
        {
            return SubmitAnswers.Of(await dispatcher.Submit(RequestsOf(batch, repeated: false)), batch.Count);
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

    /// <summary>
    /// The same ids once more, when a silo answers: what had landed counts as accepted, the rest is accepted now. Until
    /// another silo has taken over the queue of one that is gone, it is tried again. When this fails, whatever the
    /// reason, nobody knows what the first call did.
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
            catch (Exception fault) when (Faults.IsSiloGone(fault) && LeftOf(batch) > TakeoverPause)
            {
                await Task.Delay(TakeoverPause, time);
            }
            catch (Exception fault)
            {
                LogUnknown(dispatcher, batch.Count, fault);
                return SubmitAnswers.Refused(Problems.OutcomeUnknown());
            }
        }
    }

    /// <summary>Answers those whose time is over: what was sent may have been carried out, what was not sent was not.</summary>
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

                // Decided under the lock: what is told that it was not sent must not be sent after that.
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

    /// <summary>What one call takes along.</summary>
    /// <param name="Submissions">The submissions; those whose callers are answered meanwhile leave.</param>
    /// <param name="Began">When the call began, as a timestamp.</param>
    private sealed record Batch(List<PendingSubmission> Submissions, long Began);
}
