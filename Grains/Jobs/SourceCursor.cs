using OrleansTasks.Jobs.Spec;
using OrleansTasks.Processing.Files;

namespace OrleansTasks.Jobs;

/// <summary>
/// The position up to which a job's source has been cut into chunks, and the cutting itself; how large a chunk is, the caller decides.
/// A place counts from 0, "items" of a file being its bytes. The first item of a chunk is named by its place, or of a range by the integer
/// itself.
/// </summary>
internal sealed class SourceCursor(JobSource source)
{
    /// <summary>Where the next item begins in the lines of the spec's items.</summary>
    private int offset;

    /// <summary>The binary form of <see cref="File"/>, which every chunk of a file carries as its segment.</summary>
    private byte[] file = [];
    private long? count = source.Count;

    /// <summary>How many items have been cut.</summary>
    public long Place { get; private set; }

    /// <summary>How many items are left; <see cref="long.MaxValue"/> when not known.</summary>
    public long Left => count is { } all ? all - Place : long.MaxValue;

    /// <summary>How many items the source has; null when not known.</summary>
    public long? Whole => count;

    /// <summary>
    /// The file whose bytes are cut, set before the first cut; null for any other source. Setting also sets <see cref="Whole"/>.
    /// </summary>
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

    /// <summary>
    /// Moves to where the next chunk begins. For the spec's items it reads all lines before that.
    /// </summary>
    /// <param name="next">The place of the next item, or of a range the integer.</param>
    public void Seek(long next)
    {
        Place = source.Kind == JobSourceKind.Range ? next - source.From : next;
        offset = 0;
        var lines = source.Lines.Span;
        // A job that is only shown comes without its items.
        for (var left = source.Kind == JobSourceKind.Items && !lines.IsEmpty ? Place : 0; left > 0; left--)
            offset += lines[offset..].IndexOf((byte)'\n') + 1;
    }

    /// <summary>Cuts the next chunk of a range, a file or the spec's items.</summary>
    /// <param name="no">The chunk's number.</param>
    /// <param name="items">The most items; from 1 to <see cref="Left"/>. A range and a file give all of them.</param>
    /// <param name="bytes">The most bytes of lines, except for a single larger item.</param>
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

    /// <summary>
    /// Cuts a chunk of the lines at the start of <paramref name="rest"/>, and leaves the others in it. The chunk's segment shares the
    /// lines' memory.
    /// </summary>
    /// <param name="no">The chunk's number.</param>
    /// <param name="items">The most items; at least 1, and no more than <paramref name="rest"/> has lines.</param>
    /// <param name="bytes">The most bytes of lines, except for a single larger item.</param>
    /// <param name="rest">The lines, each ended by a line feed.</param>
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
