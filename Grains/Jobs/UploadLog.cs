using OrleansTasks.Tasks;

namespace OrleansTasks.Jobs;

/// <summary>How many items of each upload have been taken, for the latest uploads: a piece that is sent again is not taken twice.</summary>
internal sealed class UploadLog
{
    private const int Kept = 1024;
    private readonly Dictionary<TaskId, long> taken = [];
    private readonly Queue<TaskId> order = new();

    /// <summary>How many items were taken of an upload; null when nothing is known of it.</summary>
    public long? TakenOf(TaskId upload) => taken.TryGetValue(upload, out var items) ? items : null;

    /// <summary>So many items of an upload are on disk now.</summary>
    public void Note(TaskId upload, long items)
    {
        if (taken.TryAdd(upload, items))
        {
            order.Enqueue(upload);
            if (order.Count > Kept)
                taken.Remove(order.Dequeue());
        }
        else
            taken[upload] = items;
    }
}
