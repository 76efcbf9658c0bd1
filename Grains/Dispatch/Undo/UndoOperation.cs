using OrleansTasks.Audit;
using OrleansTasks.Tasks;

namespace OrleansTasks.Dispatch.Undo;

/// <summary>
/// Undoes a cancel or retry of the queue's tasks by the rules of <see cref="Undoing"/>. Each request reads a limited
/// number of the rows that the cancel or retry kept. The commit stores each row's outcome, so a repeated request
/// changes nothing and gets the same reply.
/// </summary>
internal sealed class UndoOperation(UndoRequest request, Origin? origin = null) : DispatchOperation<UndoReply>
{
    /// <inheritdoc/>
    public override int Weight => UndoRequest.MostTasks;

    /// <inheritdoc/>
    /// <remarks>Also reads the tasks, because recovery may not have loaded those that are open.</remarks>
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

        // The second value is where the next request continues, or 0 if no rows are left.
        Reply = new UndoReply([.. counts], rows.Length < UndoRequest.MostTasks ? 0 : rows[^1].Before.No);
        draft.Note(origin, now, undone);
    }
}
