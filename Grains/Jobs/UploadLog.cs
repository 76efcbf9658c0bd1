using OrleansTasks.Processing.Binary;
using OrleansTasks.Tasks;

namespace OrleansTasks.Jobs;

/// <summary>
/// Remembers how many items of each upload a job took, so that no item is taken twice, however often its block is sent.
/// </summary>
/// <remarks>
/// Each chunk is stored with its <see cref="UploadMark"/>, and the job's progress has the marks of the chunks that it
/// includes, so a new activation knows what the previous one knew. <see cref="Note"/> comes before the commit; if the
/// commit fails, the log is lost with the activation.
/// <para>
/// A full log forgets the upload used least recently. Ids of uploads rise with the time at which they were made. An
/// unknown upload with a higher id than every forgotten one therefore has no items in the job.
/// </para>
/// </remarks>
internal sealed class UploadLog
{
    /// <summary>Limit on the number of uploads in memory; they take about 2 MB.</summary>
    public const int Kept = ServiceLimits.Uploads;

    /// <summary>Limit on the number of uploads in the stored progress; they take about 20 KB.</summary>
    public const int Stored = ServiceLimits.StoredUploads;

    private readonly Dictionary<TaskId, LinkedListNode<UploadMark>> known = [];

    /// <summary>The marks, the one used least recently first.</summary>
    private readonly LinkedList<UploadMark> byUse = new();

    /// <summary>The highest id of a forgotten upload.</summary>
    private TaskId forgotten;

    /// <summary>Returns how many items of an upload were taken; null if it is new or forgotten.</summary>
    public long? TakenOf(TaskId upload) => known.TryGetValue(upload, out var node) ? node.Value.Items : null;

    /// <summary>Returns whether items of an upload that is not known may have been taken.</summary>
    public bool MayHaveForgotten(TaskId upload) => upload <= forgotten;

    /// <summary>
    /// Records how many items of an upload were taken; a number below the known one changes nothing. A total of 0, for lack
    /// of room, makes the upload known.
    /// </summary>
    public void Note(UploadMark mark)
    {
        if (known.TryGetValue(mark.Upload, out var node))
        {
            byUse.Remove(node);
            if (node.Value.Items < mark.Items)
                node.Value = mark;
            byUse.AddLast(node);
            return;
        }

        known.Add(mark.Upload, byUse.AddLast(mark));
        if (known.Count <= Kept)
            return;
        var oldest = byUse.First!.Value;
        known.Remove(oldest.Upload);
        byUse.RemoveFirst();
        if (oldest.Items > 0)
            Forget(oldest.Upload);
    }

    /// <summary>Notes that uploads with ids up to this one may have items in the job.</summary>
    public void Forget(TaskId upTo) => forgotten = upTo > forgotten ? upTo : forgotten;

    /// <summary>Writes the <see cref="Stored"/> uploads used most recently; the others count as forgotten.</summary>
    public void Write(ByteWriter writer)
    {
        var marks = byUse.Where(static mark => mark.Items > 0).ToList();
        var older = Math.Max(0, marks.Count - Stored);
        Write(writer, marks.Take(older).Select(static mark => mark.Upload).Append(forgotten).Max());
        writer.Unsigned((ulong)(marks.Count - older));
        foreach (var mark in marks.Skip(older))
        {
            Write(writer, mark.Upload);
            writer.Signed(mark.Items);
        }
    }

    /// <summary>Adds what <see cref="Write(ByteWriter)"/> wrote. Throws <see cref="FormatException"/> if it is damaged.</summary>
    public void Read(ref ByteReader reader)
    {
        Forget(ReadId(ref reader));
        for (var left = reader.Count(); left > 0; left--)
            Note(new UploadMark(ReadId(ref reader), reader.Signed()));
    }

    private static void Write(ByteWriter writer, TaskId id)
    {
        writer.Fixed(id.High);
        writer.Fixed(id.Low);
    }

    private static TaskId ReadId(ref ByteReader reader) => new(reader.Fixed(), reader.Fixed());
}
