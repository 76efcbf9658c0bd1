using OrleansTasks.Audit;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Dispatch.Lifecycle;

/// <summary>
/// Cancels open tasks, for <see cref="TaskDispatcherGrain.Cancel"/>. The reply has one outcome per id, in order. If
/// there is an origin, the draft keeps each task as it was, for <see cref="UndoOperation"/>.
/// </summary>
/// <remarks>
/// <code>
/// at no node               Changed; ends in this round
/// at a node                Changed; ends when the node reports or is lost, and may still succeed
/// at a node, again         Unchanged
/// ended, or unknown        NotOpen
/// </code>
/// </remarks>
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
