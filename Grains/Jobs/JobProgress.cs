using OrleansTasks.Processing.Binary;
using OrleansTasks.Processing.Chunks;
using OrleansTasks.Processing.Files;

namespace OrleansTasks.Jobs;

/// <summary>What is stored of a job that runs, in its binary form: how far its source was cut, and the fold.</summary>
/// <param name="LastNo">The largest number of a chunk.</param>
/// <param name="Place">How much of the source was cut off.</param>
/// <param name="DroppedItems">How many items were cut and dropped.</param>
/// <param name="File">The file, of a job that reads one; else null.</param>
/// <param name="Fold">The fold.</param>
internal sealed record JobProgress(long LastNo, long Place, long DroppedItems, FilePart? File, JobFold Fold)
{
    private const byte Version = 2;

    /// <summary>The binary form.</summary>
    public byte[] ToBytes()
    {
        var writer = new ByteWriter();
        writer.Byte(Version);
        writer.Signed(LastNo);
        writer.Signed(Place);
        writer.Signed(Fold.ItemsFailed);
        writer.Signed(DroppedItems);
        File?.Write(writer);
        writer.Unsigned((ulong)Fold.Folded.Ranges.Count);
        foreach (var range in Fold.Folded.Ranges)
        {
            writer.Signed(range.First);
            writer.Signed(range.Last);
        }

        writer.Unsigned((ulong)Fold.Nodes.Count);
        foreach (var share in Fold.Nodes)
        {
            writer.Text(share.Node);
            writer.Signed(share.Items);
            writer.Signed(share.Chunks);
        }

        writer.Unsigned((ulong)Fold.Failures.Count);
        foreach (var failure in Fold.Failures)
            Write(writer, failure);
        Fold.Total.Write(writer);
        return writer.ToArray();
    }

    /// <summary>Reads the binary form of this and earlier versions; throws <see cref="FormatException"/>.</summary>
    /// <param name="bytes">What <see cref="ToBytes"/> gave.</param>
    /// <param name="plan">The job's plan.</param>
    /// <param name="isFile">Whether the job reads a file.</param>
    public static JobProgress Read(ReadOnlySpan<byte> bytes, ProcessingPlan plan, bool isFile)
    {
        var reader = new ByteReader(bytes, isOwn: true);
        var version = reader.Byte();
        if (version is 0 or > Version)
            throw new FormatException("A job's progress is of a version that this program does not know.");
        var lastNo = reader.Signed();
        var place = reader.Signed();
        var itemsFailed = reader.Signed();
        var dropped = version < 2 ? 0 : reader.Signed();
        var file = isFile ? FilePart.Read(ref reader) : null;
        var folded = new ChunkRange[reader.Count()];
        foreach (ref var range in folded.AsSpan())
            range = new ChunkRange(reader.Signed(), reader.Signed());
        var shares = new NodeShare[reader.Count()];
        foreach (ref var share in shares.AsSpan())
            share = new NodeShare(reader.Text()!, reader.Signed(), reader.Signed());
        var failures = new JobFailure[reader.Count()];
        foreach (ref var failure in failures.AsSpan())
            failure = ReadFailure(ref reader);
        var fold = new JobFold(Partial.Read(plan, ref reader));
        fold.Restore(itemsFailed, folded, shares, failures);
        return new JobProgress(lastNo, place, dropped, file, fold);
    }

    private static void Write(ByteWriter writer, JobFailure failure)
    {
        writer.Signed(failure.Chunk);
        writer.Flag(failure.Item is not null);
        writer.Signed(failure.Item ?? 0);
        writer.Text(failure.Reason);
        writer.Text(failure.Message);
        writer.Text(failure.Value);
        writer.Signed(failure.Attempt);
        writer.Text(failure.Node);
        writer.Signed(failure.At);
    }

    private static JobFailure ReadFailure(ref ByteReader reader)
    {
        var chunk = reader.Signed();
        var hasItem = reader.Flag();
        var item = reader.Signed();
        return new JobFailure(
            chunk, hasItem ? item : null, reader.Text()!, reader.Text()!, reader.Text(), (int)reader.Signed(), reader.Text()!,
            reader.Signed());
    }
}
