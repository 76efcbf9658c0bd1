using OrleansTasks.Access;
using OrleansTasks.Audit;
using OrleansTasks.Client.Access;
using OrleansTasks.Client.Contract;
using OrleansTasks.Client.Http;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Tasks;

/// <summary>
/// Shows cancels and retries of tasks, and undoes them. The queues have kept each task's earlier state. Each queue
/// undoes its part, in several commits. A call that breaks off can be repeated and continues with the rest.
/// </summary>
/// <param name="grains">The tasks and their dispatchers.</param>
/// <param name="time">The clock.</param>
public sealed class UndoCalls(GatewayGrains grains, TimeProvider time)
{
    /// <summary>
    /// The response header with the operation's id, which is needed to undo a cancel or retry of one task.
    /// </summary>
    public const string Header = "Otask-Operation";

    // Maximum number of undos of one operation whose counts are added up.
    private const int MostUndos = 1_000;


    /// <summary>The operation id of the current request; null if it is not a cancel or retry.</summary>
    internal static TaskId? Present => Origin.Of(AuditActions.CancelTasks, AuditActions.RetryTasks)?.Id;

    /// <summary>Returns what was requested, how many tasks it changed, and until when it can be undone.</summary>
    internal async Task Get(HttpContext context)
    {
        var operation = await Find(context);
        var parts = await grains.Tasks.UndoParts(operation.Origin.Id);
        var undos = await grains.Audit.List(
            new AuditQuery(null, AuditActions.UndoTasks, operation.Origin.Id.ToString(), null, MostUndos));
        var until = parts.IsEmpty ? 0 : parts.Max(static part => part.LastAt) + UndoRow.Term;
        await ContractJson.Send(context, new OperationAnswer(
            operation.Origin.Id.ToString(), operation.Origin.Action, operation.Origin.Target, operation.At, operation.Origin.Reason,
            operation.Count, IsInTime(until) ? until : null, undos.Sum(static undo => undo.Count)));
    }

    /// <summary>
    /// Returns each task to its earlier state, unless it must stay as it is. Throws 403 if the operation changed many
    /// tasks and the key lacks the scope <c>operate</c>, 409 if it is too late or no task could be returned, and 504 if
    /// it is unknown how much was done.
    /// </summary>
    internal async Task Undo(HttpContext context)
    {
        var operation = await Find(context);
        var isBulk = !TaskId.TryParse(operation.Origin.Target, out _);
        if (isBulk && context.Features.Get<ICallerFeature>() is Caller caller
            && !caller.Key.Scopes.HasFlag(Scopes.Operate))
            throw new ProblemException(AccessProblems.Lacks(Scopes.Operate));
        var parts = await grains.Tasks.UndoParts(operation.Origin.Id);
        var counts = new long[UndoOutcomes.All.Length];
        var isBegun = false;
        try
        {
            foreach (var part in parts)
            {
                var after = 0L;
                do
                {
                    context.RequestAborted.ThrowIfCancellationRequested();
                    var request = new UndoRequest(operation.Origin.Id, after);
                    // A repeated call changes nothing and returns the same reply.
                    var (reply, _) = await grains.Writes.Repeatedly(() => grains.Dispatcher(part.Queue).Undo(request));
                    isBegun = true;
                    after = reply.Next;
                    for (var i = 0; i < counts.Length && i < reply.Counts.Length; i++)
                        counts[i] += reply.Counts[i];
                }
                while (after != 0);
            }
        }
        catch (Exception fault) when (isBegun && Faults.IsPassing(fault))
        {
            throw new ProblemException(Problems.OutcomeUnknown());
        }

        if (counts[(int)UndoOutcome.Undone] == 0)
            throw new ProblemException(Problems.NotUndoable(WhyNot(counts)));
        await ContractJson.Send(context, UndoneAnswer.Of(operation.Origin.Id, counts));
    }

    private static string WhyNot(long[] counts)
    {
        var left = UndoOutcomes.All.Where(outcome => outcome.IsLeft() && counts[(int)outcome] > 0)
            .Select(outcome => $"{counts[(int)outcome]} {outcome.Name()}");
        return string.Join(", ", left) is { Length: > 0 } text
            ? $"No task could be returned to its previous state: {text}."
            : "The operation is more than 10 minutes old, or changed a node of a workflow.";
    }

    private bool IsInTime(long until) => time.GetUtcNow().ToUnixTimeMilliseconds() < until;

    // An operation that changed something has an audit record, because it is written in the same commit.
    private async Task<AuditRecord> Find(HttpContext context)
    {
        if (!TaskId.TryParse(context.Request.RouteValues["id"] as string, out var id))
            throw NoOperation();
        var next = id.Low == ulong.MaxValue ? new TaskId(id.High + 1, 0) : new TaskId(id.High, id.Low + 1);
        var found = await grains.Audit.List(new AuditQuery(null, null, null, next, 1));
        return found is [var record] && record.Origin.Id == id
            && record.Origin.Action is AuditActions.CancelTasks or AuditActions.RetryTasks
            ? record : throw NoOperation();
    }

    private static ProblemException NoOperation() => new(Problems.NotFound(
        "No cancel or retry of tasks has this id. An operation that changed nothing has no id."));
}
