using OrleansTasks.Dispatch;
using OrleansTasks.Nodes;
using OrleansTasks.Simulation.Faults;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.Simulation.Checks;

/// <summary>
/// Of leases: nothing is confirmed to a worker that no dispatcher has renewed, and while nothing is wrong but one
/// queue, no attempt of another one is lost with its node.
/// </summary>
/// <param name="isLoneTrouble">Whether nothing goes wrong in the run but with one queue.</param>
/// <param name="troubles">Which queues are in trouble.</param>
/// <param name="coverage">Counts what was checked.</param>
internal sealed class TermReferee(bool isLoneTrouble, QueueTroubles troubles, Coverage coverage)
    : IIncomingGrainCallFilter
{
    // When the worker sent the latest heartbeat for which the queue's dispatcher has renewed the leases, by the
    // worker's clock.
    private readonly Dictionary<(string Node, string Queue), long> renewed = [];

    // When the worker sent the latest heartbeat or registration that has reached a silo.
    private readonly Dictionary<string, long> arrived = [];

    /// <inheritdoc/>
    public async Task Invoke(IIncomingGrainCallContext context)
    {
        if (context.Grain is not TaskDispatcherGrain owner || context.MethodName != nameof(ITaskDispatcherGrain.Renew)
            || context.SourceId is not { } caller)
        {
            await context.Invoke();
            return;
        }

        var node = caller.ToString()!;
        node = node[(node.IndexOf('/', StringComparison.Ordinal) + 1)..];
        var (session, _) = owner.RenewedIn(node);
        await context.Invoke();
        if (context.Result is not RenewReply { Outcome: RenewOutcome.Renewed })
            return;
        var (sessionNow, asOf) = owner.RenewedIn(node);
        // Until the reply, the node began another session or the dispatcher started over: it may have been any
        // heartbeat so far.
        if (session != sessionNow || asOf == 0)
            asOf = arrived.GetValueOrDefault(node);
        var key = (node, owner.Queue);
        renewed[key] = Math.Max(renewed.GetValueOrDefault(key), asOf);
    }

    /// <summary>A worker's heartbeat or registration reaches a silo.</summary>
    public void Arrived(StatusReport report) =>
        arrived[report.NodeId] = Math.Max(arrived.GetValueOrDefault(report.NodeId), report.SentAt);

    /// <summary>A worker is answered.</summary>
    public void Answered(StatusReport report, StatusAnswer answer)
    {
        if (report.Session == 0 || report.Goodbye || answer.Outcome != StatusAnswer.Types.Outcome.Ok)
            return;
        foreach (var term in answer.Terms)
            Require(report.NodeId, term.Queue, term.AsOf);
    }

    /// <summary>A commit is on the disk.</summary>
    public void Committed(QueueCommit commit, Func<TaskId, string> queueOf)
    {
        if (!isLoneTrouble)
            return;
        foreach (var write in commit.Writes)
        {
            if (write.Row.Reason != EndReason.NodeLost && write.Superseded?.Reason != EndReason.NodeLost)
                continue;
            var queue = queueOf(write.Row.Id);
            Violation.Unless(
                troubles.All.Contains(queue),
                $"{write.Row.Id} of {queue} lost its node, though only {troubles.All.First()} was troubled.");
            coverage.Fire("node lost by a queue in trouble");
        }
    }

    private void Require(string node, string queue, long asOf)
    {
        coverage.Fire("term confirmed");
        var known = renewed.GetValueOrDefault((node, queue));
        Violation.Unless(
            known >= asOf,
            $"{node} was told that its leases of {queue} count from {asOf}; they are renewed as of {known}.");
    }
}
