using OrleansTasks.Tasks;

namespace OrleansTasks.Jobs;

/// <summary>
/// How many items of each upload have been taken: a piece that is sent again is not taken twice. When there are too many, the one is
/// forgotten of which nothing has come for the longest time.
/// </summary>
internal sealed class UploadLog
{
    /// <summary>Of how many uploads it knows at most.</summary>
    public const int Kept = 16_384;

    private readonly Dictionary<TaskId, LinkedListNode<Entry>> known = [];
    private readonly LinkedList<Entry> byUse = new();

    /// <summary>How many items were taken of an upload; null when nothing is known of it.</summary>
    public long? TakenOf(TaskId upload) => known.TryGetValue(upload, out var node) ? node.Value.Items : null;

    /// <summary>So many items of an upload are on disk now.</summary>
    public void Note(TaskId upload, long items)
    {
        if (known.TryGetValue(upload, out var node))
        {
            byUse.Remove(node);
            node.Value = new Entry(upload, items);
            byUse.AddLast(node);
            return;
        }

        known.Add(upload, byUse.AddLast(new Entry(upload, items)));
        if (known.Count <= Kept)
            return;
        known.Remove(byUse.First!.Value.Upload);
        byUse.RemoveFirst();
    }

    private readonly record struct Entry(TaskId Upload, long Items);
}
