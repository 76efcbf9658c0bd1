using OrleansTasks.Access;
using OrleansTasks.Client.Tasks;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Access;

/// <summary>
/// Decides what a key with the scope <see cref="Scopes.Run"/> may read: what runs of its definitions have started, and
/// the tasks of their workflows. Only the records of runs decide, because callers cannot write them. Labels do not
/// count: schedules and single nodes of workflows also label their tasks with a definition.
/// </summary>
/// <param name="grains">The records of runs.</param>
public sealed class ReachedRuns(GatewayGrains grains)
{
    /// <summary>
    /// Returns whether the id in a request's path is that of a run within the key's reach, or of a task of one.
    /// </summary>
    internal async Task<bool> Include(HttpContext context, KeyRecord key)
    {
        if (!TaskId.TryParse(context.Request.RouteValues["id"] as string, out var id))
            return false;
        if (await grains.Definitions.FindRun(id) is { } run)
            return key.Runs(run.Name);
        // The batch of a workflow's task is the workflow.
        return await grains.Tasks.Get(id) is { WorkflowNode: not null, Batch: { } workflow }
            && await grains.Definitions.FindRun(workflow) is { } whole && key.Runs(whole.Name);
    }
}
