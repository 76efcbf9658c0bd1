using OrleansTasks.Jobs.Spec;
using OrleansTasks.Processing.Files;

namespace OrleansTasks.Jobs;

/// <summary>How far a job's source has been cut into chunks. A place counts items from 0; a chunk of a range begins at an integer.</summary>
internal sealed class SourceCursor(JobSource source)
{
    private int offset;
    private byte[] file = [];
    private long? count = source.Count;

    /// <summary>How many items have been cut off.</summary>
    public long Place { get; private set; }

    /// <summary>How many items are left; <see cref="long.MaxValue"/> when nobody knows.</summary>
    public long Left => count is { } all ? all - Place : long.MaxValue;

    /// <summary>How much there is: items, of a file bytes; null when nobody knows.</summary>
    public long? Whole => count;

    /// <summary>The file, once it was found: its bytes are what is cut.</summary>
    public FilePart? File
    {
        get;
        set
        {
            field = value;
            file = value?.ToBytes() ?? [];
            count = value?.Size;
        }
    }

    /// <summary>Goes to the place that stored chunks end at.</summary>
    public void Seek(long next)
    {
        Place = source.Kind == JobSourceKind.Range ? next - source.From : next;
        offset = 0;
        var lines = source.Lines.Span;
        // A job that is only shown comes without its items.
        for (var left = source.Kind == JobSourceKind.Items && !lines.IsEmpty ? Place : 0; left > 0; left--)
            offset += lines[offset..].IndexOf((byte)'\n') + 1;
    }

    /// <summary>Cuts a chunk of at most so many items and bytes off.</summary>
    public ChunkPlan Cut(long no, long items, int bytes)
    {
        if (source.Kind == JobSourceKind.Range)
        {
            var first = source.From + Place;
            Place += items;
            return new ChunkPlan(no, first, items, default);
        }

        if (source.Kind == JobSourceKind.File)
        {
            Place += items;
            return new ChunkPlan(no, Place - items, items, file);
        }

        var rest = source.Lines[offset..];
        var before = rest.Length;
        var chunk = Cut(no, items, bytes, ref rest);
        offset += before - rest.Length;
        return chunk;
    }

    /// <summary>Cuts a chunk off lines that were posted; what is left of them stays.</summary>
    public ChunkPlan Cut(long no, long items, int bytes, ref ReadOnlyMemory<byte> rest)
    {
        var lines = rest.Span;
        var (end, count) = (0, 0L);
        while (count < items)
        {
            var length = lines[end..].IndexOf((byte)'\n') + 1;
            if (count > 0 && end + length > bytes)
                break;
            end += length;
            count++;
        }

        var chunk = new ChunkPlan(no, Place, count, rest[..end]);
        rest = rest[end..];
        Place += count;
        return chunk;
    }
}
