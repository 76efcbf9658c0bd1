namespace OrleansTasks.Tasks;

/// <summary>Accepts requests, each whole or not at all. The reply has an answer for each request, in order.</summary>
internal sealed class SubmitOperation(ImmutableArray<SubmitRequest> requests) : DispatchOperation<ImmutableArray<SubmitReply>>
{
    /// <inheritdoc/>
    public override Lane Lane => Lane.Submissions;

    /// <inheritdoc/>
    public override int Weight { get; } = requests.Sum(static request => request.Tasks.Length);

    /// <inheritdoc/>
    public override long Bytes { get; } =
        requests.Sum(static request => request.Tasks.Sum(static task => (long)task.Spec.Length + task.SecretEnv.Length));

    /// <inheritdoc/>
    public override void Ask(Lookup lookup)
    {
        foreach (var request in requests)
        {
            if (request.Idempotency is { } entry)
                lookup.AskKey(entry.Key);
            if (!request.Repeated)
                continue;
            foreach (var task in request.Tasks)
                lookup.Ask(task.Id);
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
    public override IReadOnlyList<DispatchOperation> Split()
    {
        if (requests.Length == 1)
            return [this];
        SubmitOperation[] parts = [.. requests.Select(static request => new SubmitOperation([request]))];
        _ = Join(parts);
        return parts;
    }

    /// <inheritdoc/>
    public override void Refuse(string detail)
    {
        Reply = [.. requests.Select(static _ => new SubmitReply(SubmitOutcome.Refused))];
        Complete();
    }

    // One after the other: Task.WhenAll would go on in a thread of the pool, which leaves the grain's turns for a moment.
    /// <summary>Completes this operation with the parts' replies, or fails it with the first failure, when all parts are done.</summary>
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
                failure ??= exception;
            }
        }

        if (failure is not null)
        {
            Fail(failure);
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
                return known.Body.Span.SequenceEqual(entry.Body.Span)
                    ? new SubmitReply(SubmitOutcome.Replayed, known.Answer)
                    : new SubmitReply(SubmitOutcome.KeyReused);
            }

            // For a later request of this round with the same key.
            lookup.Remember(entry);
        }

        core.Accept(request, request.Repeated ? id => lookup.TryTask(id, out _) : null, now, draft);
        return SubmitReply.Accepted;
    }
}
