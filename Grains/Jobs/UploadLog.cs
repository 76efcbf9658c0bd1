using OrleansTasks.Tasks;

namespace OrleansTasks.Jobs;

/// <summary>
/// Remembers how many items of each upload a job has taken, so that the job does not take a block twice when the
/// gateway sends the block again because the answer was lost. An upload is one HTTP request of a client; the gateway
/// sends its items in blocks, one after the other. The job's runner (<see cref="JobRunner"/>) asks the log before it
/// takes a block, and records what it took.
/// </summary>
/// <remarks>
/// <para>
/// The log can forget: it is in memory only, so a new activation begins with an empty one, and a full log forgets the
/// upload that was least recently recorded. Of an upload that the log does not know, the runner takes only the first
/// block, and only if the gateway has not sent it before. It refuses every other block, because nobody knows whether
/// the block's items were taken.
/// </para>
/// <para>
/// The runner calls <see cref="Note"/> before the items are stored, so the log may be ahead of the store. When storing
/// fails, the grain deactivates, and the log is lost with it: the log never speaks of items whose write has failed.
/// </para>
/// </remarks>
internal sealed class UploadLog
{
    /// <summary>
    /// How many uploads the log remembers, so that it takes no more than about 2 MB of memory for a job.
    /// </summary>
    public const int Kept = 16_384;

    private readonly Dictionary<TaskId, LinkedListNode<Entry>> known = [];
    private readonly LinkedList<Entry> byUse = new();

    /// <summary>Returns the number of items taken of an upload; null when the upload is new or was forgotten.</summary>
    /// <param name="upload">
    /// The id that the gateway gave the upload. It has the type of task ids, but names no task.
    /// </param>
    public long? TakenOf(TaskId upload) => known.TryGetValue(upload, out var node) ? node.Value.Items : null;

    /// <summary>
    /// Records that the job has taken <paramref name="items"/> items of an upload in all. Replaces the number that was
    /// recorded before. The runner records 0, too, when the job had no room: the log then knows the upload, and takes
    /// its first block when it is sent again.
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
