using OrleansTasks.Jobs.Spec;
using OrleansTasks.Processing.Files;

namespace OrleansTasks.Jobs;

/// <summary>
/// The cutting position in a job's source. <see cref="ChunkCutter"/> decides the sizes, <see cref="JobCore"/> the
/// numbers. A place counts items (bytes for a file) from 0; <see cref="ChunkPlan.First"/> is a place or a range's
/// integer.
/// </summary>
internal sealed class SourceCursor(JobSource source)
{
    /// <summary>Byte offset of <see cref="Place"/> in the spec's lines.</summary>
    private int offset;

    /// <summary>The file of the latest chunk, and its binary form: the segment of each of its chunks.</summary>
    private (FilePart? File, byte[] Bytes) latest = (null, []);
    private long? whole = source.Count;

    public long Place { get; private set; }

    /// <summary>Items left; <see cref="long.MaxValue"/> if unknown, as for a stream or a command.</summary>
    public long Left => whole is { } all ? all - Place : long.MaxValue;

    /// <summary>Items in the source; null if unknown.</summary>
    public long? Whole => whole;

    /// <summary>The files, set before the first cut; the setter also sets <see cref="Whole"/>.</summary>
    public FileSet? Files
    {
        get;
        set
        {
            field = value;
            whole = value?.Size;
        }
    }

    /// <summary>
    /// Moves to the next chunk's <see cref="ChunkPlan.First"/>. Scans the spec's lines up to that place; for a stream
    /// or a command, the caller supplies the lines from there on.
    /// </summary>
    public void Seek(long next)
    {
        Place = source.Kind == JobSourceKind.Range ? next - source.From : next;
        offset = 0;
        var lines = source.Lines.Span;
        // A job loaded only to be shown has no lines to scan.
        for (var left = source.Kind == JobSourceKind.Items && !lines.IsEmpty ? Place : 0; left > 0; left--)
            offset += lines[offset..].IndexOf((byte)'\n') + 1;
    }

    /// <summary>
    /// Cuts the next chunk of a known source. A chunk of a range or a file has exactly <paramref name="items"/>, or
    /// fewer if one of several files ends. A chunk of items has at most that many, and at most
    /// <paramref name="bytes"/> unless a single item is larger. A chunk of a file may begin and end within a line: the
    /// worker reads the lines that begin in it, the last one to its end.
    /// </summary>
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
            var (file, end) = Files!.At(Place);
            if (latest.File != file)
                latest = (file, file.ToBytes());
            items = Math.Min(items, end - Place);
            Place += items;
            return new ChunkPlan(no, Place - items, items, latest.Bytes);
        }

        var rest = source.Lines[offset..];
        var before = rest.Length;
        var chunk = Cut(no, items, bytes, ref rest);
        offset += before - rest.Length;
        return chunk;
    }

    /// <summary>
    /// Cuts a chunk of arrived lines and removes it from <paramref name="rest"/>, whose memory it shares. There must be
    /// at least <paramref name="items"/> lines, which is not checked. A single item may exceed
    /// <paramref name="bytes"/>.
    /// </summary>
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
