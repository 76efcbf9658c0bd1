using OrleansTasks.Audit;
using OrleansTasks.Tasks;

namespace OrleansTasks.Dispatch.Undo;

/// <summary>
/// Undoes what a cancel or a retry has done to tasks of the queue, for <see cref="TaskDispatcherGrain.Undo"/>. The rows
/// that the cancel or retry has kept are read from the store, some for each request. Each is decided once, and what was
/// decided is stored in the commit of the undo, so a repeated request changes nothing and has the same reply.
/// <see cref="Undoing"/> has the rules.
/// </summary>
/// <param name="request">What is asked.</param>
/// <param name="origin">Who asked, to be stored with what is changed; null when nobody is to be recorded.</param>
internal sealed class UndoOperation(UndoRequest request, Origin? origin = null) : DispatchOperation<UndoReply>
{
    /// <inheritdoc/>
    public override int Weight => UndoRequest.MostTasks;

    /// <inheritdoc/>
    /// <remarks>Also reads the tasks, so that those that recovery has not read yet are loaded if they are open.</remarks>
    public override void Ask(Lookup lookup) => lookup.AskUndo(request);

    /// <inheritdoc/>
    public override void Apply(DispatchCore core, Lookup lookup, long now, CommitDraft draft)
    {
        var rows = lookup.UndoOf(request);
        var counts = new int[UndoOutcomes.All.Length];
        var undone = 0;
        foreach (var row in rows)
        {
            var outcome = lookup.OutcomeOf(row);
            if (outcome == UndoOutcome.Pending)
            {
                outcome = core.Undoing.Undo(row, lookup.TryTask(row.Before.Id, out var stored) ? stored : null, now, draft);
                lookup.Decide(row, outcome);
                draft.Decide(row, outcome);
                undone += outcome == UndoOutcome.Undone ? 1 : 0;
            }

            counts[(int)outcome]++;
        }

        Reply = new UndoReply([.. counts], rows.Length < UndoRequest.MostTasks ? 0 : rows[^1].Before.No);
        draft.Note(origin, now, undone);
    }
}
