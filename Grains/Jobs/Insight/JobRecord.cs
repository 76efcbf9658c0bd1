using OrleansTasks.Processing.Binary;

namespace OrleansTasks.Jobs;

/// <summary>
/// What a job remembers of its course besides its results: its slow chunks, how long chunks took, its history, and
/// which part of the source was dropped when it stopped. <see cref="JobFold"/> notes each chunk that it folds. Stored
/// with the fold in the job's progress, so a restart loses nothing: chunks that ended after the last save are folded
/// again, and noted again. Bounded: at most about 60 KiB.
/// </summary>
internal sealed class JobRecord
{
    /// <summary>How many dropped stretches are kept; further ones are added to the last.</summary>
    private const int MostDropped = 1_000;

    /// <summary>The chunks that are remembered.</summary>
    public ChunkLog Chunks { get; private init; } = new();

    /// <summary>How long all folded chunks took.</summary>
    public TookHistogram Took { get; private init; } = new();

    /// <summary>Items and aggregates over time.</summary>
    public JobHistory History { get; private init; } = new();

    /// <summary>The stretches of the source that were cut and never processed, because the job stopped.</summary>
    public List<SourceSpan> Dropped { get; } = [];

    /// <summary>Notes a folded chunk. A chunk must be noted once.</summary>
    public void Note(in FoldedChunk chunk)
    {
        Chunks.Add(chunk);
        Took.Add(chunk.Micros);
    }

    /// <summary>Notes the stretches of chunks that are dropped, in the source's order.</summary>
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

    /// <summary>Writes the binary form.</summary>
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

    /// <summary>Reads the binary form. Throws <see cref="FormatException"/> when it is damaged.</summary>
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
