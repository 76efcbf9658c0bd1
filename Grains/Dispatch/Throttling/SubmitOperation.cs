using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Dispatch.Throttling;

/// <summary>
/// Accepts new tasks, for <see cref="TaskDispatcherGrain.Submit"/>. A gateway combines the requests that wait for a
/// queue into one call, so they may come from different clients. Each request, for one task or a batch, is accepted as
/// a whole or not at all. The reply has one answer per request, in order.
/// </summary>
/// <remarks>
/// <code>
/// the idempotency key is known, same body       Replayed, with the first answer; Joined, if that was the first one
/// the idempotency key is known, another body    KeyReused
/// tasks wait for tasks that are unknown         UnknownTask
/// another task holds the unique key             NotUnique, or Joined; see UniqueTasks
/// the tasks would exceed the queue's depth      QueueFull
/// the store refuses what the request writes     Refused; the other requests continue (Split)
/// otherwise                                     Accepted
/// </code>
/// Only Accepted creates tasks. <see cref="SubmitRequest.Repeated"/> marks a request that a gateway sends again after
/// an unknown outcome: tasks that are stored already are skipped, so no task is created twice.
/// </remarks>
internal sealed class SubmitOperation(ImmutableArray<SubmitRequest> requests) : DispatchOperation<ImmutableArray<SubmitReply>>
{
    /// <inheritdoc/>
    public override Lane Lane => Lane.Submissions;

    /// <inheritdoc/>
    public override int Weight { get; } = WeightOf(requests);

    /// <inheritdoc/>
    public override long Bytes { get; } = BytesOf(requests);

    /// <inheritdoc/>
    public override bool NeedsAllWaiting { get; } =
        requests.Any(static request => request.Tasks is [{ Unique: not null }]);

    /// <inheritdoc/>
    public override void Ask(Lookup lookup)
    {
        foreach (var request in requests)
        {
            if (request.Idempotency is { } entry)
                lookup.AskKey(entry.Key);
            foreach (var task in request.Tasks)
            {
                if (request.Repeated)
                    lookup.Ask(task.Id);
                foreach (var dependency in request.Workflow is null ? task.After ?? [] : [])
                    lookup.Ask(dependency.Task);
            }
        }
    }

    /// <inheritdoc/>
    public override void Apply(DispatchCore core, Lookup lookup, long now, CommitDraft draft)
    {
        var replies = ImmutableArray.CreateBuilder<SubmitReply>(requests.Length);
        foreach (var request in requests)
            replies.Add(Apply(request, core, lookup, now, draft));
        Reply = replies.MoveToImmutable();
    }

    /// <inheritdoc/>
    /// <remarks>
    /// Gives each request a round of its own, so that the store refuses only the one at fault. The caller gets one
    /// reply that joins the parts' replies.
    /// </remarks>
    public override IReadOnlyList<DispatchOperation> Split()
    {
        if (requests.Length == 1)
            return [this];
        SubmitOperation[] parts = [.. requests.Select(static request => new SubmitOperation([request]))];
        // Not awaited: Join completes this operation when the last part has ended.
        _ = Join(parts);
        return parts;
    }

    /// <inheritdoc/>
    /// <remarks>Replies instead of failing, so that the other requests of the call keep their answers.</remarks>
    public override void Refuse(string detail)
    {
        Reply = [.. requests.Select(static _ => new SubmitReply(SubmitOutcome.Refused))];
        Complete();
    }

    // Reading sixteen parents takes about as long as writing one task.
    private static int WeightOf(ImmutableArray<SubmitRequest> requests)
    {
        var (count, reads) = (0, 0);
        foreach (var request in requests)
        {
            count += request.Tasks.Length;
            foreach (var task in request.Tasks)
                reads += request.Workflow is null ? task.After?.Length ?? 0 : 0;
        }

        return count + (reads / 16);
    }

    private static long BytesOf(ImmutableArray<SubmitRequest> requests)
    {
        var bytes = 0L;
        foreach (var request in requests)
        {
            foreach (var task in request.Tasks)
                bytes += task.Spec.Length + task.SecretEnv.Length;
        }

        return bytes;
    }

    /// <summary>
    /// Waits for all parts, then completes this operation with their replies, or fails it if a part failed. Callers
    /// conclude from a <see cref="StoreUnavailableException"/> that nothing was written, so once a part was accepted
    /// the failure is an <see cref="OutcomeUnknownException"/>, after which a gateway asks again.
    /// </summary>
    /// <remarks>
    /// Awaits the parts one by one: Task.WhenAll would continue on a pool thread, outside the grain's turns.
    /// </remarks>
    private async Task Join(SubmitOperation[] parts)
    {
        var replies = ImmutableArray.CreateBuilder<SubmitReply>(parts.Length);
        Exception? failure = null;
        foreach (var part in parts)
        {
            try
            {
                replies.AddRange(await part.Task);
            }
            catch (Exception exception)
            {
                failure = failure is null or StoreUnavailableException ? exception : failure;
            }
        }

        if (failure is not null)
        {
            Fail(failure is StoreUnavailableException && replies.Any(static reply => reply.Outcome == SubmitOutcome.Accepted)
                ? new OutcomeUnknownException("Some requests of the call were stored, and others were not.", failure)
                : failure);
            return;
        }

        Reply = replies.ToImmutable();
        Complete();
    }

    private static SubmitReply Apply(SubmitRequest request, DispatchCore core, Lookup lookup, long now, CommitDraft draft)
    {
        if (request.Idempotency is { } entry)
        {
            if (lookup.Entry(entry.Key) is { } known)
            {
                return !known.Body.Span.SequenceEqual(entry.Body.Span) ? new SubmitReply(SubmitOutcome.KeyReused)
                    : StoredJoin.Read(known.Answer)?.ReplyTo(request)
                    ?? new SubmitReply(SubmitOutcome.Replayed, known.Answer);
            }
        }

        Func<TaskId, bool>? isStored = request.Repeated ? id => lookup.TryTask(id, out _) : null;
        if (core.Admission.UnknownAfter(request, isStored, RowOf) is { IsEmpty: false } unknown)
            return new SubmitReply(SubmitOutcome.UnknownTask, Unknown: unknown);
        // A repeated request whose task is stored already is not decided again.
        var unique = request.Tasks is [{ Unique: not null } only] && core.Admission.IsNew(only, isStored) ? only : null;
        if (unique is not null && core.Uniques.ReplyOf(unique, now, draft) is { } held)
        {
            if (held is { Outcome: SubmitOutcome.Joined, Holder: { } holder } && request.Idempotency is { } asked)
                RememberJoin(asked with { Answer = new StoredJoin(holder, unique.Id).ToBytes() }, lookup, draft);
            return held;
        }

        if ((unique is null || !core.Uniques.TakesAPlace(unique))
            && core.Admission.RefusalOf(request, isStored, now) is { } wait)
            return new SubmitReply(SubmitOutcome.QueueFull, default, wait);
        if (unique is not null)
            request = core.Uniques.Prepare(request, now, draft);
        // The store does not have the key yet, but a later request of this round must find it.
        if (request.Idempotency is { } accepted)
            lookup.Remember(accepted);
        core.Accept(request, isStored, now, draft, RowOf);
        return SubmitReply.Accepted;

        TaskRow? RowOf(TaskId id) => lookup.TryTask(id, out var found) ? found.Row : null;
    }

    // A repetition of the request gets the same task, even if the task has ended, and postpones nothing.
    private static void RememberJoin(IdempotencyEntry joined, Lookup lookup, CommitDraft draft)
    {
        lookup.Remember(joined);
        draft.Idempotency.Add(joined);
    }
}
