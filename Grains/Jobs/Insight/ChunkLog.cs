using OrleansTasks.Processing.Binary;

namespace OrleansTasks.Jobs.Insight;

/// <summary>
/// Remembers the 200 slowest, the 100 latest and the first 100 failed chunks of a job, because the service keeps no
/// chunk after its fold. Stored in <see cref="JobRecord"/>; about 10 KiB when full.
/// </summary>
internal sealed class ChunkLog
{
    public const int MostSlow = 200;

    public const int MostLast = 100;

    public const int MostFailed = 100;

    // The fastest of the slow chunks is at the front. Of equally slow chunks, the earlier one stays.
    private readonly PriorityQueue<FoldedChunk, (long Micros, long Back)> slow = new();
    private readonly Queue<FoldedChunk> last = new();
    private readonly List<FoldedChunk> failed = [];

    public IReadOnlyList<FoldedChunk> Failed => failed;

    /// <summary>All remembered chunks, each once, in order of number.</summary>
    public IEnumerable<FoldedChunk> All =>
        slow.UnorderedItems.Select(static entry => entry.Element).Concat(last).Concat(failed)
            .DistinctBy(static chunk => chunk.No)
            .OrderBy(static chunk => chunk.No);

    /// <summary>Adds a chunk, which must not have been added before.</summary>
    public void Add(in FoldedChunk chunk)
    {
        var rank = (chunk.Micros, -chunk.No);
        if (slow.Count < MostSlow)
            slow.Enqueue(chunk, rank);
        else
            slow.EnqueueDequeue(chunk, rank);
        if (last.Count == MostLast)
            last.Dequeue();
        last.Enqueue(chunk);
        if (chunk.HasFailed && failed.Count < MostFailed)
            failed.Add(chunk);
    }

    public void Write(ByteWriter writer)
    {
        var all = All.ToArray();
        var slowest = slow.UnorderedItems.Select(static entry => entry.Element.No).ToHashSet();
        var names = all.Select(static chunk => chunk.Node).Distinct().ToArray();
        writer.Unsigned((ulong)names.Length);
        foreach (var name in names)
            writer.Text(name);
        writer.Unsigned((ulong)all.Length);
        foreach (var chunk in all)
        {
            writer.Signed(chunk.No);
            writer.Signed(chunk.Span.First);
            writer.Signed(chunk.Span.Length);
            writer.Signed(chunk.Items);
            writer.Unsigned((ulong)Array.IndexOf(names, chunk.Node));
            writer.Signed(chunk.Attempt);
            writer.Signed(chunk.Micros);
            writer.Signed(chunk.At);
            // Bit 0: the chunk has failed. Bit 1: it is one of the slowest.
            writer.Byte((byte)((chunk.HasFailed ? 1 : 0) | (slowest.Contains(chunk.No) ? 2 : 0)));
        }

        Write(writer, last);
        Write(writer, failed);
    }

    /// <summary>Reads the binary form. Throws <see cref="FormatException"/> if it is damaged.</summary>
    public static ChunkLog Read(ref ByteReader reader)
    {
        var log = new ChunkLog();
        var names = new string[reader.Count()];
        foreach (ref var name in names.AsSpan())
            name = reader.Text() ?? throw Damaged();
        var known = new Dictionary<long, FoldedChunk>();
        for (var left = reader.Count(); left > 0; left--)
        {
            var (no, span, items) = (reader.Signed(), new SourceSpan(reader.Signed(), reader.Signed()), reader.Signed());
            var node = reader.Unsigned();
            var (attempt, micros, at, marks) = ((int)reader.Signed(), reader.Signed(), reader.Signed(), reader.Byte());
            if (node >= (ulong)names.Length)
                throw Damaged();
            var chunk = new FoldedChunk(no, span, items, names[node], attempt, micros, at, (marks & 1) != 0);
            known[no] = chunk;
            if ((marks & 2) != 0)
                log.slow.Enqueue(chunk, (micros, -no));
        }

        foreach (var chunk in ReadNumbers(ref reader, known))
            log.last.Enqueue(chunk);
        log.failed.AddRange(ReadNumbers(ref reader, known));
        return log.slow.Count <= MostSlow && log.last.Count <= MostLast && log.failed.Count <= MostFailed ? log : throw Damaged();
    }

    private static void Write(ByteWriter writer, IReadOnlyCollection<FoldedChunk> chunks)
    {
        writer.Unsigned((ulong)chunks.Count);
        foreach (var chunk in chunks)
            writer.Signed(chunk.No);
    }

    private static List<FoldedChunk> ReadNumbers(ref ByteReader reader, Dictionary<long, FoldedChunk> known)
    {
        var chunks = new List<FoldedChunk>();
        for (var left = reader.Count(); left > 0; left--)
            chunks.Add(known.TryGetValue(reader.Signed(), out var chunk) ? chunk : throw Damaged());
        return chunks;
    }

    private static FormatException Damaged() => new("A job's record of its chunks is damaged.");
}
