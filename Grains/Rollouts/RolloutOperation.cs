using OrleansTasks.Audit;
using OrleansTasks.Tasks;

namespace OrleansTasks.Rollouts;

/// <summary>
/// Performs a gateway's request on a rollout, for <see cref="TaskDispatcherGrain.Rollout"/>. Rollouts that have not
/// ended are in the core before the queue takes work. The lookup finds ended ones, to retry them or to say that they
/// have ended. Stores the origin with the change unless it is null.
/// </summary>
internal sealed class RolloutOperation(RolloutRequest request, Origin? origin = null) : DispatchOperation<RolloutReply>
{
    /// <inheritdoc/>
    public override long Bytes => request.Spec.Length + request.SecretEnv.Length;

    /// <inheritdoc/>
    public override int Weight => Math.Max(1, request.Nodes.Length);

    /// <inheritdoc/>
    public override void Ask(Lookup lookup)
    {
        if (request.Idempotency is { } entry)
            lookup.AskKey(entry.Key);
        lookup.AskRollout(request.Id);
    }

    /// <inheritdoc/>
    public override void Apply(DispatchCore core, Lookup lookup, long now, CommitDraft draft)
    {
        if (request.Idempotency is { } entry && lookup.Entry(entry.Key) is { } known)
        {
            Reply = known.Body.Span.SequenceEqual(entry.Body.Span)
                ? new RolloutReply(RolloutOutcome.Replayed, TaskId.Read(known.Answer.Span))
                : new RolloutReply(RolloutOutcome.KeyReused, request.Id);
            return;
        }

        Reply = new RolloutReply(Do(core, lookup, now, draft, out var changes), request.Id);
        draft.Note(origin is null ? null : origin with { Target = request.Id.ToString() }, now, changes);
        if (Reply.Outcome != RolloutOutcome.Done || request.Idempotency is not { } used)
            return;
        var answer = new byte[TaskId.Size];
        request.Id.Write(answer);
        var stored = used with { Answer = answer };
        draft.Idempotency.Add(stored);
        lookup.Remember(stored);
    }

    private RolloutOutcome Do(DispatchCore core, Lookup lookup, long now, CommitDraft draft, out int changes)
    {
        var isOpen = core.Rollouts.IsOpen(request.Id);
        var stored = lookup.RolloutOf(request.Id);
        changes = 0;
        if (request.Action == RolloutAction.Start)
        {
            // The repeat of a call whose answer may have been lost.
            if (isOpen || stored is not null)
                return RolloutOutcome.Done;
            changes = 1;
            return core.Rollouts.Start(request, now, draft);
        }

        if (isOpen)
            return core.Rollouts.Control(request.Action, request.Id, now, out changes);
        if (stored is not { } ended || ended.Rollout.Queue != core.Queue)
            return RolloutOutcome.NotFound;
        return request.Action == RolloutAction.Retry && ended.Rollout.Row.State.IsFinal()
            ? core.Rollouts.Reopen(ended.Rollout, ended.Nodes, out changes)
            : RolloutOutcome.Finished;
    }
}
