using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using OrleansTasks.Audit;
using OrleansTasks.Client.Contract;
using OrleansTasks.Contract;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Tasks;

/// <summary>A cancel or retry of tasks, as the HTTP contract shows it.</summary>
[Schema("Operation"), Description("A cancel or retry of tasks.")]
internal sealed record OperationAnswer(
    [property: RefersTo("Id")]
    string Id,
    [property: Description("What was requested."), AllowedValues(AuditActions.CancelTasks, AuditActions.RetryTasks)]
    string Action,
    [property: Description("The task's id, or the filters of a bulk call.")]
    string? Target,
    [property: Description("When it was requested.")]
    Timestamp At,
    [property: Description("The header Otask-Reason of the call.")]
    string? Reason,
    [property: Description("The number of tasks that the operation changed.")]
    long Changed,
    [property: Description("When the last change can no longer be undone; null if nothing can be undone.")]
    Timestamp? UndoUntil,
    [property: Description("The number of tasks that were returned to their previous state.")]
    long Undone)
{
    /// <summary>The example of the contract.</summary>
    public static OperationAnswer Example => new(
        Examples.Id.ToString(), AuditActions.CancelTasks, "queue=mail", Examples.Time, null, 3, Examples.Time + 600_000, 0);
}

/// <summary>What an undo did, as the HTTP contract shows it.</summary>
[Schema("Undone"), Description("What an undo did.")]
internal sealed record UndoneAnswer(
    [property: RefersTo("Id")]
    string Operation,
    [property: Description("The number of tasks that were returned to their previous state, including earlier undos of the operation: a repeated "
        + "undo changes nothing more and gets the same answer.")]
    long Undone,
    [property: Description("The number of tasks that were not changed, by reason: started, changed, dependents, workflow, secrets-gone, expired, "
        + "queue-full, too-late, gone, queue-gone.")]
    IReadOnlyDictionary<string, long> Left)
{
    /// <summary>The example of the contract.</summary>
    public static UndoneAnswer Example => new(Examples.Id.ToString(), 211, new Dictionary<string, long> { ["started"] = 3 });

    /// <summary>Returns the answer of counts by outcome.</summary>
    public static UndoneAnswer Of(TaskId operation, long[] counts) => new(
        operation.ToString(), counts[(int)UndoOutcome.Undone],
        UndoOutcomes.All.Where(outcome => outcome.IsLeft() && counts[(int)outcome] > 0)
            .ToDictionary(static outcome => outcome.Name(), outcome => counts[(int)outcome]));
}
