using OrleansTasks.Client.Http;
using OrleansTasks.Queues;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Tasks;

/// <summary>
/// Refuses tasks that wait for tasks of a queue that does not exist. The queue's dispatcher, which checks all other
/// parents, would create the queue before it refused them.
/// </summary>
/// <param name="grains">The tasks and queues.</param>
public sealed class ParentCheck(GatewayGrains grains)
{
    /// <summary>
    /// Returns the first task that a request's tasks wait for; null if they wait for none outside the request.
    /// </summary>
    internal static TaskId? FirstParent(SubmitRequest request)
    {
        if (request.Workflow is not null) return null;
        foreach (var task in request.Tasks)
            if (task.After is { IsEmpty: false } after) return after[0].Task;
        return null;
    }

    /// <summary>Returns why a request must not be sent to the queue's dispatcher; null if it may be.</summary>
    /// <param name="queue">The queue.</param>
    /// <param name="request">The request.</param>
    /// <param name="parent">Its <see cref="FirstParent"/>.</param>
    internal async Task<Problem?> RefusalOf(string queue, SubmitRequest request, TaskId parent)
    {
        if (queue == QueueSettings.DefaultQueue) return null;
        // A stored parent in the queue shows that the queue exists, which is cheaper than to list all queues.
        return await grains.Writes.FirstRead(Exists)
            ? null : SubmitAnswers.UnknownTasks(request, [.. Places(request).Take(SubmitReply.MostUnknown)]);

        async Task<bool> Exists() => (await grains.Tasks.GetRows([parent])).Any(row => row.Queue == queue)
            || (await grains.Queues.List()).Any(status => status.Queue == queue);
    }

    private static IEnumerable<AfterPlace> Places(SubmitRequest request) => request.Tasks.SelectMany(
        static (task, at) => Enumerable.Range(0, task.After?.Length ?? 0).Select(item => new AfterPlace(at, item)));
}
