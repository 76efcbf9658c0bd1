using OrleansTasks.Tasks;

namespace OrleansTasks.Jobs;

/// <summary>
/// Remembers how many items of each upload the job has taken, so that the job does not take a block twice when a client
/// sends the block again. An upload is one request of a client, sent as one block or several. When the log is full, it forgets the upload
/// whose latest block is the oldest. It is not stored: an activation begins with an empty log.
/// <para>
/// The job's runner calls <see cref="Note"/> before the items are stored. When storing fails, the job's grain discards
/// the log together with its activation.
/// </para>
/// </summary>
internal sealed class UploadLog
{
    /// <summary>The largest number of uploads that the log remembers.</summary>
    public const int Kept = 16_384;

    private readonly Dictionary<TaskId, LinkedListNode<Entry>> known = [];
    private readonly LinkedList<Entry> byUse = new();

    /// <summary>Returns the number of items taken of an upload; null when the log does not know the upload.</summary>
    public long? TakenOf(TaskId upload) => known.TryGetValue(upload, out var node) ? node.Value.Items : null;

    /// <summary>
    /// Records that the job has taken <paramref name="items"/> items of an upload in all, in place of an earlier number; may be 0.
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
