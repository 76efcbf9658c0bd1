using OrleansTasks.Jobs.Spec;
using OrleansTasks.Processing.Files;

namespace OrleansTasks.Jobs;

/// <summary>
/// Tracks how far a job's source has been cut into chunks, and cuts the next chunk. <see cref="ChunkCutter"/> owns it
/// and decides the size of each chunk; <see cref="JobCore"/> numbers the chunks. A place is the number of items before
/// an item, so it counts from 0; for a file, places and items are bytes. <see cref="ChunkPlan.First"/> of a chunk is
/// the place of its first item, or, for a range, the integer itself. A chunk's segment is the bytes that it carries,
/// usually its items as lines.
/// </summary>
internal sealed class SourceCursor(JobSource source)
{
    /// <summary>
    /// The byte offset of the item at <see cref="Place"/> in the spec's lines. Used only when the spec has the items.
    /// </summary>
    private int offset;

    /// <summary>
    /// <see cref="File"/> in binary form: the segment of every chunk of a file, in the place of lines.
    /// </summary>
    private byte[] fileBytes = [];
    private long? whole = source.Count;

    /// <summary>How many items have been cut.</summary>
    public long Place { get; private set; }

    /// <summary>
    /// How many items are left; <see cref="long.MaxValue"/> when the size is not known, as for a stream or a command,
    /// even after it has ended.
    /// </summary>
    public long Left => whole is { } all ? all - Place : long.MaxValue;

    /// <summary>How many items the source has; null when not known.</summary>
    public long? Whole => whole;

    /// <summary>
    /// The path, size and time of change of the file that is cut; null for any other source. The caller sets the
    /// property before the first cut. The setter also sets <see cref="Whole"/>.
    /// </summary>
    public FilePart? File
    {
        get;
        set
        {
            field = value;
            fileBytes = value?.ToBytes() ?? [];
            whole = value?.Size;
        }
    }

    /// <summary>
    /// Moves to where the next chunk begins. For items in the spec, this scans all earlier lines. For a stream or a
    /// command it sets <see cref="Place"/> only; the caller brings the lines from there on.
    /// </summary>
    /// <param name="next">
    /// <see cref="ChunkPlan.First"/> of the next chunk: an integer of a range, otherwise a place.
    /// </param>
    public void Seek(long next)
    {
        Place = source.Kind == JobSourceKind.Range ? next - source.From : next;
        offset = 0;
        var lines = source.Lines.Span;
        // A job that is loaded only to be shown has no lines: there is nothing to scan.
        for (var left = source.Kind == JobSourceKind.Items && !lines.IsEmpty ? Place : 0; left > 0; left--)
            offset += lines[offset..].IndexOf((byte)'\n') + 1;
    }

    /// <summary>Cuts the next chunk of a range, a file or the spec's items.</summary>
    /// <param name="no">The chunk's number.</param>
    /// <param name="items">
    /// The most items, from 1 to <see cref="Left"/>. A chunk of a range or a file has exactly this many and ignores
    /// <paramref name="bytes"/>. A chunk of a file may begin and end within a line: its worker reads the lines that
    /// begin in the chunk, the last of them to its end, even beyond the chunk.
    /// </param>
    /// <param name="bytes">The most bytes of lines; a single item that is larger gets a chunk of its own.</param>
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
            return new ChunkPlan(no, Place - items, items, fileBytes);
        }

        var rest = source.Lines[offset..];
        var before = rest.Length;
        var chunk = Cut(no, items, bytes, ref rest);
        offset += before - rest.Length;
        return chunk;
    }

    /// <summary>
    /// Cuts a chunk from lines that have arrived from a stream or a command. On return, <paramref name="rest"/> holds
    /// the lines that were not cut. The chunk's segment shares the memory of the lines.
    /// </summary>
    /// <param name="no">The chunk's number.</param>
    /// <param name="items">
    /// The most items; at least 1, and no more than <paramref name="rest"/> has lines. Not checked: a larger number
    /// would count items that do not exist.
    /// </param>
    /// <param name="bytes">The most bytes of lines; a single item that is larger gets a chunk of its own.</param>
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
