using OrleansTasks.Audit;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Dispatch.Lifecycle;

/// <summary>
/// Cancels open tasks, for <see cref="TaskDispatcherGrain.Cancel"/>. The reply has an outcome for each id, in order.
/// A task that no node holds ends in this round. For a task that a node holds, <see cref="ControlOutcome.Changed"/>
/// means that the node is asked to end it: the task ends when the node reports or is lost, and may still succeed. A
/// repeated cancel of such a task gets <see cref="ControlOutcome.Unchanged"/>. A task that has ended or is unknown gets
/// <see cref="ControlOutcome.NotOpen"/>. During recovery, tasks that are not in memory yet are read from the store.
/// </summary>
/// <param name="ids">The tasks to cancel.</param>
/// <param name="origin">
/// Who asked, to be stored with what is changed; null when nobody is to be recorded. With it, each task is kept as it was, so
/// that the cancel can be undone (<see cref="UndoOperation"/>).
/// </param>
internal sealed class CancelOperation(ImmutableArray<TaskId> ids, Origin? origin = null)
    : DispatchOperation<ImmutableArray<ControlOutcome>>
{
    /// <inheritdoc/>
    public override int Weight => Math.Max(1, ids.Length);

    /// <inheritdoc/>
    public override void AskOpen(Lookup lookup)
    {
        foreach (var id in ids)
            lookup.Ask(id);
    }

    /// <inheritdoc/>
    public override void Apply(DispatchCore core, Lookup lookup, long now, CommitDraft draft)
    {
        Reply = [.. ids.Select(id => Cancel(id, core, now, draft))];
        draft.Note(origin, now, Reply.Count(static outcome => outcome == ControlOutcome.Changed));
    }

    private ControlOutcome Cancel(TaskId id, DispatchCore core, long now, CommitDraft draft)
    {
        if (origin is null || core.Undoing.RowOf(id) is not { } before)
            return core.Cancels.Cancel(id, now, draft);
        var hadDependents = core.Undoing.MayHaveDependents(id);
        var outcome = core.Cancels.Cancel(id, now, draft);
        if (outcome == ControlOutcome.Changed)
            draft.Keep(new UndoRow(origin.Id, before, now, before.Order) { HadDependents = hadDependents });
        return outcome;
    }
}
