using OrleansTasks.Client.Tasks;
using OrleansTasks.Nodes;
using OrleansTasks.Processing.Resources;
using OrleansTasks.Tasks;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Client.Attention;

/// <summary>Finds queued tasks that no node can run. Times are Unix milliseconds.</summary>
/// <param name="grains">The grains to read from.</param>
internal sealed class UnfitTasks(GatewayGrains grains)
{
    private const int MostLooked = 20;

    /// <summary>How long a task must have been queued before it is examined.</summary>
    public static readonly TimeSpan LookAfter = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Returns how many such tasks there are, the oldest one's id, when that was queued, and why no node can run it;
    /// null if there are none.
    /// </summary>
    public async Task<(long Count, string Task, long Since, string Why)?> In(
        string queue, ImmutableArray<NodeView> nodes, long now)
    {
        (long Count, string Task, long Since, string Why)? found = null;
        // The oldest 20 queued tasks suffice: a task that no node can run eventually becomes one of them.
        var oldest = await grains.Tasks.Match(TaskFilter.All with { Queue = queue, State = TaskState.Queued }, null,
            MostLooked);
        foreach (var match in oldest)
        {
            if (await grains.Tasks.Get(match.Id) is not { State: TaskState.Queued } task
                || now - task.QueuedAt < LookAfter.TotalMilliseconds || WhyCalls.SpecOf(task) is not { } spec)
                continue;
            spec = await WithGrowth(task, spec);
            var fits = nodes.Where(static node => node.State != NodeState.Gone).Select(node => NodeFit.Of(node, spec))
                .ToArray();
            if (fits.Any(static fit => fit.Code is null))
                continue;
            found = found is { } before
                ? before with { Count = before.Count + 1 }
                : (1, task.Id.ToString(), task.QueuedAt ?? now, NodeFit.Draining(nodes, spec) ?? WhyOf(fits, spec));
        }

        return found;
    }

    // After it ran out of memory, a task may reserve more than its spec says, which only its dispatcher knows.
    private async Task<TaskSpec> WithGrowth(TaskRecord task, TaskSpec spec)
    {
        if (task.Attempt == 0 || spec.Resources[ResourceName.Memory] == 0)
            return spec;
        return (await grains.DispatcherOf(task).Why(task.Id)).ReservedMemory is { } memory ? spec.WithReservedMemory(memory) : spec;
    }

    private static string WhyOf(NodeFit[] fits, TaskSpec spec)
    {
        if (fits.Length == 0)
            return "no node has registered";
        if (fits.All(static fit => fit.Code == "label"))
        {
            var labels = spec.Requires.Select(static label => $"{label.Key}={label.Value}");
            return $"no node has the label{(spec.Requires.Length > 1 ? "s" : "")} {string.Join(", ", labels)}";
        }

        return fits.All(static fit => fit.Code == "limit") ? "no node can enforce the limits"
            : fits.All(static fit => fit.Code == "resource") ? $"no node offers {spec.Resources.Describe()}"
            : "all nodes are lost, draining or unsuitable";
    }
}
