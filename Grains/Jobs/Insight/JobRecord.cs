using OrleansTasks.Processing.Binary;

namespace OrleansTasks.Jobs.Insight;

/// <summary>
/// What happened to a job, apart from its results: slow chunks, durations, history and dropped parts of the source,
/// about 60 KiB at most. Stored with the fold, so chunks that are folded again after a restart are noted again.
/// </summary>
internal sealed class JobRecord
{
    /// <summary>Limit on dropped stretches; further ones extend the last.</summary>
    private const int MostDropped = 1_000;

    public ChunkLog Chunks { get; private init; } = new();

    public TookHistogram Took { get; private init; } = new();

    public JobHistory History { get; private init; } = new();

    /// <summary>Stretches of the source that were cut but not processed because the job stopped.</summary>
    public List<SourceSpan> Dropped { get; } = [];

    /// <summary>Notes a folded chunk, which must not have been noted before.</summary>
    public void Note(in FoldedChunk chunk)
    {
        Chunks.Add(chunk);
        Took.Add(chunk.Micros);
    }

    /// <summary>Notes dropped chunks, in the source's order.</summary>
    public void NoteDropped(IEnumerable<SourceSpan> spans)
    {
        foreach (var span in spans)
        {
            if (span.Length == 0)
                continue;
            if (Dropped.Count > 0 && (Dropped[^1].First + Dropped[^1].Length == span.First || Dropped.Count == MostDropped))
                Dropped[^1] = Dropped[^1] with { Length = span.First + span.Length - Dropped[^1].First };
            else
                Dropped.Add(span);
        }
    }

    public void Write(ByteWriter writer)
    {
        Chunks.Write(writer);
        Took.Write(writer);
        History.Write(writer);
        writer.Unsigned((ulong)Dropped.Count);
        foreach (var span in Dropped)
        {
            writer.Signed(span.First);
            writer.Signed(span.Length);
        }
    }

    /// <summary>Reads the binary form. Throws <see cref="FormatException"/> if it is damaged.</summary>
    public static JobRecord Read(ref ByteReader reader)
    {
        var record = new JobRecord
        {
            Chunks = ChunkLog.Read(ref reader),
            Took = TookHistogram.Read(ref reader),
            History = JobHistory.Read(ref reader),
        };
        for (var left = reader.Count(); left > 0; left--)
            record.Dropped.Add(new SourceSpan(reader.Signed(), reader.Signed()));
        return record;
    }
}
