using OrleansTasks.Tasks;

namespace OrleansTasks.Jobs;

/// <summary>Remembers how many items of each upload a job took, so that a resent block is not taken twice.</summary>
/// <remarks>
/// Kept in memory only; a full log forgets the upload recorded least recently. For an unknown upload, the runner takes
/// only the first block, sent for the first time; any other block may have been taken before. <see cref="Note"/> comes
/// before the commit; if the commit fails, the log is lost with the activation.
/// </remarks>
internal sealed class UploadLog
{
    /// <summary>Limit on the number of uploads; they take about 2 MB of memory.</summary>
    public const int Kept = 16_384;

    private readonly Dictionary<TaskId, LinkedListNode<Entry>> known = [];
    private readonly LinkedList<Entry> byUse = new();

    /// <summary>Returns how many items of an upload were taken; null if it is new or forgotten.</summary>
    public long? TakenOf(TaskId upload) => known.TryGetValue(upload, out var node) ? node.Value.Items : null;

    /// <summary>
    /// Records the total taken of an upload. A total of 0, for lack of room, makes the upload known: its first block is
    /// then taken when it is sent again.
    /// </summary>
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
