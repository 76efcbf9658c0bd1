using OrleansTasks.Client.Tasks;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Live;

/// <summary>
/// Reads what events lack about changed tasks: node and reason. Readers share the rows that were read.
/// </summary>
/// <param name="grains">Reads tasks.</param>
internal sealed class LiveTasks(GatewayGrains grains) : IDisposable
{
    private const int MostKept = 2_000;
    private readonly SemaphoreSlim turn = new(1);
    private readonly Dictionary<TaskId, LiveTask> kept = [];

    /// <summary>
    /// Returns the tasks at the given versions or later ones. A task that no longer exists is returned as it was given.
    /// </summary>
    public async Task<LiveTask[]> Complete(LiveTask[] tasks, CancellationToken cancellation)
    {
        await turn.WaitAsync(cancellation);
        try
        {
            if (kept.Count > MostKept)
                kept.Clear();
            ImmutableArray<TaskId> missing =
                [.. tasks.Where(task => !kept.TryGetValue(task.Id, out var known) || known.Version < task.Version).Select(static task => task.Id)];
            if (!missing.IsEmpty)
            {
                foreach (var row in await grains.Tasks.GetRows(missing))
                    kept[row.Id] = new LiveTask(row.Id, row.Version, row.State, row.Attempt, row.Node, row.Reason, 0);
            }

            return [.. tasks.Select(task => kept.TryGetValue(task.Id, out var known) && known.Version >= task.Version ? known : task)];
        }
        finally
        {
            turn.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => turn.Dispose();
}
