using OrleansTasks.Access;
using OrleansTasks.Client.Tasks;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Access;

/// <summary>
/// Decides what a key with the scope <see cref="Scopes.Run"/> may read: what its definitions have started, and the
/// tasks of their workflows. It trusts only the records of runs, which callers cannot write; labels do not count.
/// </summary>
/// <param name="grains">The records of runs.</param>
public sealed class ReachedRuns(GatewayGrains grains)
{
    /// <summary>
    /// Returns whether the id in a request's path is that of a run within the key's reach, or of a task of one.
    /// </summary>
    internal async Task<bool> Have(HttpContext context, KeyRecord key)
    {
        if (!TaskId.TryParse(context.Request.RouteValues["id"] as string, out var id))
            return false;
        if (await grains.Definitions.FindRun(id) is { } run)
            return key.Runs(run.Name);
        return await grains.Tasks.Get(id) is { WorkflowNode: not null, Batch: { } workflow }
            && await grains.Definitions.FindRun(workflow) is { } whole && key.Runs(whole.Name);
    }
}

/// <summary>What a caller may do with definitions.</summary>
internal static class DefinitionReach
{
    /// <summary>Returns whether a caller needs no key or has a scope.</summary>
    public static bool Has(this HttpContext context, Scopes scope) =>
        context.Features.Get<Http.ICallerFeature>() is not Caller { Key: var key } || key.Scopes.HasFlag(scope);

    /// <summary>Returns whether a caller has a scope, or may run the definition.</summary>
    public static bool MayReach(this HttpContext context, Scopes scope, string definition) =>
        context.Has(scope) || (context.Features.Get<Http.ICallerFeature>() is Caller { Key: var key } && key.Runs(definition));
}
