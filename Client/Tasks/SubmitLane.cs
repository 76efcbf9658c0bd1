using OrleansTasks.Client.Http;
using OrleansTasks.Silo.Status;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Tasks;

/// <summary>
/// The submissions of one gateway to one partition: bounded, coalesced, at most two calls at a time. Each is answered within
/// <see cref="AnswerLimit"/> of its arrival, wherever it is then.
/// </summary>
internal sealed partial class SubmitLane
{
    /// <summary>The most requests that wait; then callers get 429.</summary>
    public const int MostWaiting = 8_192;

    /// <summary>The most bytes that wait; then callers get 429.</summary>
    public const long MostWaitingBytes = 64 * 1024 * 1024;

    /// <summary>How long a request takes at most: its wait for others, for a silo, and for its calls.</summary>
    public static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(10);

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
    private bool hasDeadline;
    private long waitingBytes;
    private int calls;

    public SubmitLane(ITaskDispatcherGrain dispatcher, IClusterLink link, TimeProvider time, ILogger logger)
    {
        (this.dispatcher, this.link, this.time, this.logger) = (dispatcher, link, time, logger);
        deadline = time.CreateTimer(
            static lane => ((SubmitLane)lane!).AnswerLate(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
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

    /// <summary>Takes a request, unless too much waits already.</summary>
    public Task<SubmitVerdict> Submit(SubmitRequest request, int bytes)
    {
        var pending = new PendingSubmission(request, bytes, time.GetTimestamp());
        lock (gate)
        {
            if (waiting.Count >= MostWaiting || (waitingBytes > 0 && waitingBytes + bytes > MostWaitingBytes))
                return Task.FromResult(new SubmitVerdict(Problems.QueueFull(0), default));
            waiting.Enqueue(pending);
            waitingBytes += bytes;
            unanswered.Enqueue(pending);
            if (!hasDeadline)
                SetDeadline(AnswerLimit);
            if (calls == MostCalls)
                return pending.Verdict;
            calls++;
        }

        _ = Drain();
        return pending.Verdict;
    }

    private async Task Drain()
    {
        var batch = new List<PendingSubmission>();
        while (Take(batch))
        {
            if (!link.IsUp && !await link.WaitUp(LeftOf(batch)))
                AnswerLate();
            if (MarkSent(batch))
                await Send(batch);
            Forget();
        }
    }

    private bool Take(List<PendingSubmission> batch)
    {
        batch.Clear();
        lock (gate)
        {
            for (var bytes = 0L; batch.Count < MostRequests
                && waiting.TryPeek(out var next); batch.Add(waiting.Dequeue()))
            {
                bytes += next.Bytes;
                if (batch.Count > 0 && bytes > MostBytes)
                    break;
                waitingBytes -= next.Bytes;
            }

            if (batch.Count == 0)
                calls--;
            return batch.Count > 0;
        }
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

    private async Task Send(List<PendingSubmission> batch)
    {
        try
        {
            Answer(batch, await dispatcher.Submit(RequestsOf(batch, repeated: false)));
        }
        catch (StoreUnavailableException)
        {
            Refuse(batch, Problems.StoreUnavailable());
        }
        catch (Exception fault) when (Faults.IsOutcomeUnknown(fault))
        {
            LogRepeating(dispatcher, batch.Count, fault);
            await Repeat(batch);
        }
        catch (Exception fault)
        {
            LogFailed(dispatcher, batch.Count, fault);
            Refuse(batch, Problems.InternalError());
        }
    }

    /// <summary>
    /// The same ids once more, when a silo answers: what had landed counts as accepted, the rest is accepted now. When this fails too,
    /// whatever the reason, nobody knows what the first call did.
    /// </summary>
    private async Task Repeat(List<PendingSubmission> batch)
    {
        try
        {
            await link.WaitUp(LeftOf(batch));
            if (MarkSent(batch))
                Answer(batch, await dispatcher.Submit(RequestsOf(batch, repeated: true)), isRepeat: true);
        }
        catch (Exception fault)
        {
            LogUnknown(dispatcher, batch.Count, fault);
            Refuse(batch, Problems.OutcomeUnknown());
        }
    }

    /// <summary>Answers those whose time is over: what was sent may have been carried out, what was not sent was not.</summary>
    private void AnswerLate()
    {
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

                oldest.Answer(new SubmitVerdict(oldest.IsSent ? Problems.OutcomeUnknown() : Problems.NotSent(), default));
                unanswered.Dequeue();
            }

            for (; waiting.TryPeek(out var next) && next.IsAnswered; waiting.Dequeue())
                waitingBytes -= next.Bytes;
        }
    }

    private void SetDeadline(TimeSpan left)
    {
        hasDeadline = true;
        deadline.Change(left, Timeout.InfiniteTimeSpan);
    }

    private void Forget()
    {
        lock (gate)
        {
            while (unanswered.TryPeek(out var oldest) && oldest.IsAnswered)
                unanswered.Dequeue();
        }
    }

    private static ImmutableArray<SubmitRequest> RequestsOf(List<PendingSubmission> batch, bool repeated)
    {
        var requests = ImmutableArray.CreateBuilder<SubmitRequest>(batch.Count);
        foreach (var item in batch)
            requests.Add(repeated ? item.Request with { Repeated = true } : item.Request);
        return requests.MoveToImmutable();
    }

    // A full queue refuses a repeated request without looking for its tasks: the first call may have landed.
    private static void Answer(List<PendingSubmission> batch, ImmutableArray<SubmitReply> replies, bool isRepeat = false)
    {
        for (var i = 0; i < batch.Count; i++)
        {
            var isUnknown = isRepeat && replies[i].Outcome == SubmitOutcome.QueueFull;
            batch[i].Answer(isUnknown ? new SubmitVerdict(Problems.OutcomeUnknown(), default) : VerdictOf(batch[i].Request, replies[i]));
        }
    }

    private static SubmitVerdict VerdictOf(SubmitRequest request, SubmitReply reply) => reply.Outcome switch
    {
        SubmitOutcome.Accepted => default,
        // The answer that this very request brought along: its first call had landed, so it is no replay to its caller.
        SubmitOutcome.Replayed when reply.Answer.Span.SequenceEqual(request.Idempotency!.Answer.Span) => default,
        SubmitOutcome.Replayed => new SubmitVerdict(null, reply.Answer),
        SubmitOutcome.KeyReused => new SubmitVerdict(Problems.IdempotencyKeyReuse(), default),
        SubmitOutcome.Refused => new SubmitVerdict(Problems.InternalError(), default),
        _ => new SubmitVerdict(Problems.QueueFull(reply.RetryAfter), default),
    };

    private static void Refuse(List<PendingSubmission> batch, Problem problem)
    {
        foreach (var item in batch)
            item.Answer(new SubmitVerdict(problem, default));
    }
}
