using OrleansTasks.Client.Http;
using OrleansTasks.Silo.Status;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Tasks;

/// <summary>The submissions of one gateway to one partition: bounded, coalesced, at most two calls at a time.</summary>
internal sealed partial class SubmitLane(ITaskDispatcherGrain dispatcher, IClusterLink link, ILogger logger)
{
    /// <summary>The most requests that wait; then callers get 429.</summary>
    public const int MostWaiting = 8_192;

    /// <summary>The most bytes that wait; then callers get 429.</summary>
    public const long MostWaitingBytes = 64 * 1024 * 1024;

    private static readonly TimeSpan SiloLimit = TimeSpan.FromSeconds(10);
    private const int MostCalls = 2;
    private const int MostRequests = 1_024;
    private const long MostBytes = 4 * 1024 * 1024;

    private readonly Lock gate = new();
    private readonly Queue<Pending> waiting = new();
    private long waitingBytes;
    private int calls;

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
        var reply = new TaskCompletionSource<SubmitVerdict>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (gate)
        {
            if (waiting.Count >= MostWaiting || (waitingBytes > 0 && waitingBytes + bytes > MostWaitingBytes))
                return Task.FromResult(new SubmitVerdict(Problems.QueueFull(0), default));
            waiting.Enqueue(new Pending(request, bytes, reply));
            waitingBytes += bytes;
            if (calls == MostCalls)
                return reply.Task;
            calls++;
        }

        _ = Drain();
        return reply.Task;
    }

    private async Task Drain()
    {
        var batch = new List<Pending>();
        while (Take(batch))
            await Send(batch);
    }

    private bool Take(List<Pending> batch)
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

    private async Task Send(List<Pending> batch)
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
    private async Task Repeat(List<Pending> batch)
    {
        try
        {
            await link.WaitUp(SiloLimit);
            Answer(batch, await dispatcher.Submit(RequestsOf(batch, repeated: true)));
        }
        catch (Exception fault)
        {
            LogUnknown(dispatcher, batch.Count, fault);
            Refuse(batch, Problems.OutcomeUnknown());
        }
    }

    private static ImmutableArray<SubmitRequest> RequestsOf(List<Pending> batch, bool repeated)
    {
        var requests = ImmutableArray.CreateBuilder<SubmitRequest>(batch.Count);
        foreach (var item in batch)
            requests.Add(repeated ? item.Request with { Repeated = true } : item.Request);
        return requests.MoveToImmutable();
    }

    private static void Answer(List<Pending> batch, ImmutableArray<SubmitReply> replies)
    {
        for (var i = 0; i < batch.Count; i++)
            batch[i].Reply.SetResult(VerdictOf(batch[i].Request, replies[i]));
    }

    private static SubmitVerdict VerdictOf(SubmitRequest request, SubmitReply reply) => reply.Outcome switch
    {
        SubmitOutcome.Accepted => default,
        // The answer that this very request brought along: its first call had landed, so it is no replay to its caller.
        SubmitOutcome.Replayed when reply.Answer.Span.SequenceEqual(request.Idempotency!.Answer.Span) => default,
        SubmitOutcome.Replayed => new SubmitVerdict(null, reply.Answer),
        SubmitOutcome.KeyReused => new SubmitVerdict(Problems.IdempotencyKeyReuse(), default),
        _ => new SubmitVerdict(Problems.QueueFull(reply.RetryAfter), default),
    };

    private static void Refuse(List<Pending> batch, Problem problem)
    {
        foreach (var item in batch)
            item.Reply.SetResult(new SubmitVerdict(problem, default));
    }

    private readonly record struct Pending(SubmitRequest Request, int Bytes, TaskCompletionSource<SubmitVerdict> Reply);
}
