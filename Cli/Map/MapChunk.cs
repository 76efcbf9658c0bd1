using System.Collections.Concurrent;
using System.Globalization;
using OrleansTasks.Cli.Api;
using OrleansTasks.Cli.Output;
using OrleansTasks.Cli.Tasks;

namespace OrleansTasks.Cli.Map;

/// <summary>Tasks of a map that were submitted together, and which of them have ended.</summary>
internal sealed class MapChunk
{
    // A task may become visible up to this long after one with a later end time.
    private static readonly TimeSpan Overlap = TimeSpan.FromSeconds(2);

    // A signal reads it while the loop looks for ends.
    private readonly ConcurrentDictionary<string, MapLine> open;
    private DateTimeOffset? lastEnd;

    /// <summary>Creates a chunk.</summary>
    /// <param name="batch">The id of its batch.</param>
    /// <param name="tasks">The tasks by their ids.</param>
    public MapChunk(string batch, IEnumerable<(string Id, MapLine Line)> tasks) =>
        (Batch, open) = (batch, new(tasks.Select(static task => KeyValuePair.Create(task.Id, task.Line)), StringComparer.Ordinal));

    /// <summary>The id of its batch.</summary>
    public string Batch { get; }

    /// <summary>The tasks that have not ended, as far as is known.</summary>
    public IReadOnlyDictionary<string, MapLine> Open => open;

    /// <summary>
    /// Returns the tasks that have ended since the last call. A quick look reads only tasks that ended recently. A full
    /// look also finds tasks that quick looks missed or the service removed.
    /// </summary>
    public async Task<List<MapEnd>> Look(Gateway gateway, bool isQuick, CancellationToken cancellation)
    {
        var ends = new List<MapEnd>();
        var known = new HashSet<string>(StringComparer.Ordinal);
        var since = isQuick && lastEnd is { } last ? (last - Overlap).UtcDateTime.ToString("o", CultureInfo.InvariantCulture) : null;
        for (string? cursor = null; ;)
        {
            var address = new RequestAddress("/api/v1/tasks").Add("batch", Batch).Add("limit", "1000");
            if (since is not null)
                address.Add("endedAfter", since);
            if (cursor is not null)
                address.Add("cursor", cursor);
            var page = await gateway.Get(address.ToString(), cancellation);
            foreach (var task in page.Items())
            {
                var id = task.Id();
                known.Add(id);
                if (TaskExit.IsFinal(task) && open.TryRemove(id, out var line))
                    Add(new MapEnd(line, id, task));
            }

            cursor = page.Field("nextCursor");
            if (cursor.Length == 0)
                break;
        }

        if (since is null)
        {
            foreach (var (id, line) in open.Where(task => !known.Contains(task.Key)).ToList())
            {
                open.TryRemove(id, out _);
                Add(new MapEnd(line, id, null));
            }
        }

        // A list shows the newest task first.
        return [.. ends.OrderBy(static end => end.EndedAt).ThenBy(static end => end.Line.Number)];

        void Add(MapEnd end)
        {
            ends.Add(end);
            if (lastEnd is null || end.EndedAt > lastEnd)
                lastEnd = end.EndedAt;
        }
    }
}
