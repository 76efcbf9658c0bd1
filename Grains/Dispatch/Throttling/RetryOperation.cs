using OrleansTasks.Audit;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Dispatch.Throttling;

/// <summary>
/// Queues failed and cancelled tasks again, for <see cref="TaskDispatcherGrain.Retry"/>, when a user asks for it. The
/// reply has an outcome for each id, in order; tasks that cannot be retried do not hinder the others. The core has only
/// open tasks in memory, so each task is read from the store. An id that is not stored in this queue gets
/// <see cref="ControlOutcome.NotFound"/>.
/// </summary>
/// <remarks>
/// A task that is open, or that ends only in this round, gets <see cref="ControlOutcome.NotRetryable"/>. A repeated
/// retry gets the same, because the first one has made the task open. <see cref="Admission.Retry"/> has the other
/// rules.
/// </remarks>
/// <param name="ids">The tasks to retry; all of this queue.</param>
/// <param name="passesOverQuarantined">
/// Whether quarantined tasks stay as they are, as a bulk retry wants it. The stored row decides, so a task that was
/// quarantined after its caller had looked is passed over, too.
/// </param>
/// <param name="origin">
/// Who asked, to be stored with what is changed; null when nobody is to be recorded. With it, each task is kept as it was, so
/// that the retry can be undone (<see cref="UndoOperation"/>).
/// </param>
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
