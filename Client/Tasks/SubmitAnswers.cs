using System.Diagnostics;
using OrleansTasks.Client.Http;
using OrleansTasks.Tasks;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Client.Tasks;

/// <summary>
/// The outcome of a lane's call: the dispatcher's replies in the order of the requests, or one refusal of all.
/// </summary>
/// <param name="Replies">The replies; default if there is a refusal.</param>
/// <param name="Refusal">
/// Why nothing was accepted, or that the outcome is unknown; null if the dispatcher replied.
/// </param>
/// <param name="IsRepeat">Whether the requests had been sent before, with an unknown outcome.</param>
internal readonly record struct SubmitAnswers(ImmutableArray<SubmitReply> Replies, Problem? Refusal = null, bool IsRepeat = false)
{
    /// <summary>How many callers are answered one after another. More are answered on several threads.</summary>
    private const int MostOnOneThread = 8;

    /// <summary>
    /// Returns the dispatcher's replies to the given number of requests. Throws if the number of replies differs, or if
    /// one is null.
    /// </summary>
    public static SubmitAnswers Of(ImmutableArray<SubmitReply> replies, int requests, bool isRepeat = false) =>
        replies.Length == requests && !replies.Contains(null!)
            ? new SubmitAnswers(replies, IsRepeat: isRepeat)
            : throw new InvalidOperationException($"A dispatcher sent {replies.Length} replies to {requests} requests.");

    /// <summary>Returns the same refusal for all requests.</summary>
    public static SubmitAnswers Refused(Problem refusal) => new(default, refusal);

    /// <summary>Determines the answers. Removes the submissions from the batch that were already answered.</summary>
    public void Decide(List<PendingSubmission> batch)
    {
        var mine = 0;
        for (var i = 0; i < batch.Count; i++)
        {
            if (batch[i].TryDecide(VerdictOf(batch[i].Request, i)))
                batch[mine++] = batch[i];
        }

        batch.RemoveRange(mine, batch.Count - mine);
    }

    /// <summary>
    /// Answers the callers. Their continuations run here, one after another: each writes its response and awaits the
    /// next request. That costs less than waking a thread for each of them.
    /// </summary>
    public static void Tell(List<PendingSubmission> decided)
    {
        var told = 0;
        // Use other threads only from the thread pool: a single-threaded scheduler (of a simulation) must run
        // everything itself.
        if (TaskScheduler.Current == TaskScheduler.Default)
        {
            for (; decided.Count - told > MostOnOneThread; told += MostOnOneThread)
                ThreadPool.UnsafeQueueUserWorkItem(new Part(decided, told), preferLocal: false);
        }

        Tell(decided, told, decided.Count);
    }

    private static void Tell(List<PendingSubmission> decided, int from, int end)
    {
        for (var i = from; i < end; i++)
            decided[i].Tell();
    }

    // A full queue refuses a repeated request without a look at its tasks, but the first call may have succeeded: its
    // outcome is unknown.
    private SubmitVerdict VerdictOf(SubmitRequest request, int index) =>
        Refusal is not null ? new SubmitVerdict(Refusal, default)
        : IsRepeat && Replies[index].Outcome == SubmitOutcome.QueueFull ? new SubmitVerdict(Problems.OutcomeUnknown(), default)
        : VerdictOf(request, Replies[index]);

    private static SubmitVerdict VerdictOf(SubmitRequest request, SubmitReply reply) => reply.Outcome switch
    {
        SubmitOutcome.Accepted => default,
        // The stored answer is this request's own: its first call had succeeded, so this is not a replay for the
        // caller.
        SubmitOutcome.Replayed when request.Idempotency is { } own && reply.Answer.Span.SequenceEqual(own.Answer.Span) => default,
        SubmitOutcome.Replayed => new SubmitVerdict(null, reply.Answer),
        SubmitOutcome.KeyReused => new SubmitVerdict(Problems.IdempotencyKeyReuse(), default),
        SubmitOutcome.UnknownTask => new SubmitVerdict(UnknownTasks(request, reply.Unknown ?? []), default),
        SubmitOutcome.NotUnique => new SubmitVerdict(Problems.NotUnique(reply.Holder ?? default), default),
        SubmitOutcome.Joined => new SubmitVerdict(null, reply.Answer, reply.Holder),
        SubmitOutcome.Refused => new SubmitVerdict(Problems.StoreRefused(), default),
        _ => new SubmitVerdict(Problems.QueueFull(reply.RetryAfter), default),
    };

    internal static Problem UnknownTasks(SubmitRequest request, ImmutableArray<AfterPlace> places) =>
        Problems.Invalid("invalid-task", [.. places.Select(place => new SpecError(
            (request.Batch is null ? "" : $"tasks[{place.Task}].") + $"after[{place.Item}]",
            $"the queue has no task {request.Tasks[place.Task].After?[place.Item].Task}; name tasks of the same queue"))]);

    /// <summary>A part of the callers, answered on another thread.</summary>
    private sealed class Part(List<PendingSubmission> decided, int from) : IThreadPoolWorkItem
    {
        public void Execute() => Tell(decided, from, from + MostOnOneThread);
    }
}

/// <summary>The outcome of a submission: accepted if there is neither a refusal nor a replay.</summary>
/// <param name="Refusal">Why nothing was accepted, or that the outcome is unknown; null otherwise.</param>
/// <param name="Replay">
/// The stored first answer to the same idempotency key, in the dispatcher's own form if <paramref name="Joined"/> has a
/// task; empty if this is not a replay.
/// </param>
/// <param name="Joined">
/// The task that takes the new one's place, because it holds the unique key; otherwise null.
/// </param>
public readonly record struct SubmitVerdict(Problem? Refusal, ReadOnlyMemory<byte> Replay, TaskId? Joined = null);

/// <summary>
/// A submission in a lane. It is answered in two steps, because <see cref="Tell"/> runs the caller's continuation: the
/// first <see cref="TryDecide"/> determines the answer, and its caller then calls <see cref="Tell"/> without holding a
/// lock.
/// </summary>
/// <param name="request">The request.</param>
/// <param name="bytes">Its approximate size in bytes.</param>
/// <param name="arrived">When it arrived, as a timestamp of the lane's clock.</param>
internal sealed class PendingSubmission(SubmitRequest request, int bytes, long arrived) : TaskCompletionSource<SubmitVerdict>
{
    private int isAnswered;
    private SubmitVerdict verdict;

    /// <summary>The request.</summary>
    public SubmitRequest Request => request;

    /// <summary>The request's approximate size in bytes.</summary>
    public int Bytes => bytes;

    /// <summary>When the request arrived, as a timestamp of the lane's clock.</summary>
    public long Arrived => arrived;

    /// <summary>The span of the HTTP request; null if tracing is off.</summary>
    public Activity? Span { get; } = Activity.Current;

    /// <summary>Whether the request was sent to the dispatcher, which may have executed it.</summary>
    public bool IsSent { get; set; }

    /// <summary>Whether the answer is determined.</summary>
    public bool IsAnswered => Volatile.Read(ref isAnswered) != 0;

    /// <summary>Determines the answer; returns false if it was already determined. Thread-safe.</summary>
    public bool TryDecide(SubmitVerdict answer)
    {
        if (Interlocked.Exchange(ref isAnswered, 1) != 0)
            return false;
        verdict = answer;
        return true;
    }

    /// <summary>Completes the submission. The caller continues at once, on this thread.</summary>
    public void Tell() => SetResult(verdict);
}
