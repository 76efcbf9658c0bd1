using OrleansTasks.Audit;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Dispatch.Throttling;

/// <summary>
/// Queues failed and cancelled tasks again on a user's request, for <see cref="TaskDispatcherGrain.Retry"/>. The reply
/// has one outcome per id, in order; <see cref="ControlOutcome.NotFound"/> for an id that is not stored in this queue.
/// Tasks that cannot be retried do not affect the others.
/// </summary>
/// <remarks>
/// A task that is open, or that ends only in this round, gets <see cref="ControlOutcome.NotRetryable"/>; so does a
/// repeated retry, because the first one made the task open. <see cref="Admission.Retry"/> has the other rules. A bulk
/// retry skips quarantined tasks by their stored rows, so also those quarantined after its caller selected them. If
/// there is an origin, the draft keeps each task as it was, for <see cref="UndoOperation"/>.
/// </remarks>
internal sealed class RetryOperation(ImmutableArray<TaskId> ids, bool passesOverQuarantined, Origin? origin = null)
    : DispatchOperation<ImmutableArray<ControlOutcome>>
{
    /// <inheritdoc/>
    public override int Weight => Math.Max(1, ids.Length);

    /// <inheritdoc/>
    public override void Ask(Lookup lookup)
    {
        foreach (var id in ids)
            lookup.Ask(id);
    }

    /// <inheritdoc/>
    public override void Apply(DispatchCore core, Lookup lookup, long now, CommitDraft draft)
    {
        Reply =
        [
            .. ids.Select(id => !lookup.TryTask(id, out var stored) ? ControlOutcome.NotFound
                : passesOverQuarantined && stored.Row.IsQuarantined ? ControlOutcome.NotRetryable
                : Retry(stored, core, now, draft)),
        ];
        draft.Note(origin, now, Reply.Count(static outcome => outcome == ControlOutcome.Changed));
    }

    private ControlOutcome Retry(in OpenTask stored, DispatchCore core, long now, CommitDraft draft)
    {
        var outcome = core.Admission.Retry(stored, now, draft);
        if (outcome == ControlOutcome.Changed && origin is not null && core.Undoing.RowOf(stored.Row.Id) is { } retried)
            draft.Keep(new UndoRow(origin.Id, stored.Row, now, retried.Order));
        return outcome;
    }
}
