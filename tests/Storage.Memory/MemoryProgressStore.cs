using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Memory;

/// <summary>The progress of attempts in memory, for tests and simulations.</summary>
/// <param name="store">Returns the store that has the tasks.</param>
public sealed class MemoryProgressStore(Func<MemoryTaskStore> store) : IProgressStore
{
    /// <inheritdoc/>
    public Task Write(IReadOnlyList<ProgressRow> rows) => store().Read(data =>
    {
        foreach (var row in rows)
        {
            if (data.Tasks.GetValueOrDefault(row.Task) is { } task && task.Row.Token == row.Token)
                task.Progress = row;
        }

        return true;
    });

    /// <inheritdoc/>
    public Task<ImmutableArray<RunningProgress>> Latest(int limit) =>
        store().Read<ImmutableArray<RunningProgress>>(data =>
        [
            .. data.Tasks.Values.Where(static task => task.Row.State.IsLeased()).Select(static task => task.ToRecord())
                .Where(static task => task.Progress is not null)
                .OrderByDescending(static task => task.Progress!.At).Take(limit)
                .Select(static task => new RunningProgress(task.Id, task.StartedAt, task.Progress!)),
        ]);
}
