using OrleansTasks.Jobs.Insight;
using OrleansTasks.Processing.Binary;
using OrleansTasks.Processing.Chunks;
using OrleansTasks.Processing.Files;

namespace OrleansTasks.Jobs;

/// <summary>
/// The stored progress of a job: the position in the source and the fold. Together with the stored chunks, which were
/// cut or have ended since, it restores the job. The commit that stores progress deletes the ended chunks that it
/// includes; a job's last progress is its result.
/// </summary>
/// <remarks>
/// Places and dropped items are in bytes for a file, otherwise in items. Dropped items were cut but not processed,
/// because the job stopped. <see cref="JobFold.Unsaved"/> is not stored: after <see cref="Read"/> all folded chunks
/// count as saved. <paramref name="Uploads"/> is null for sources other than a stream, and in the progress that earlier
/// programs stored. They ignore it.
/// </remarks>
internal sealed record JobProgress(
    long LastNo, long Place, long DroppedItems, FileSet? Files, JobFold Fold, UploadLog? Uploads = null)
{
    /// <summary>First byte of the binary form. 0 marks a reference to parts (<see cref="StoredProgress"/>).</summary>
    private const byte Version = 1;

    /// <summary>Writes the fields in the order in which <see cref="Read"/> reads them.</summary>
    public byte[] ToBytes()
    {
        var writer = new ByteWriter();
        writer.Byte(Version);
        writer.Signed(LastNo);
        writer.Signed(Place);
        writer.Signed(Fold.ItemsFailed);
        writer.Signed(DroppedItems);
        Files?.Write(writer);
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
        Fold.Record.Write(writer);
        Uploads?.Write(writer);
        return writer.ToArray();
    }

    /// <summary>
    /// Reads the binary form, which must not be empty or a reference. The plan gives the order of the aggregates; the
    /// bytes do not say whether they contain a file. Throws <see cref="FormatException"/> if they are damaged or have
    /// another version.
    /// </summary>
    public static JobProgress Read(ReadOnlySpan<byte> bytes, ProcessingPlan plan, bool isFile)
    {
        var reader = new ByteReader(bytes, isOwn: true);
        if (reader.Byte() != Version)
            throw new FormatException("The stored progress of a job has a version that this program does not support.");
        var lastNo = reader.Signed();
        var place = reader.Signed();
        var itemsFailed = reader.Signed();
        var dropped = reader.Signed();
        var files = isFile ? FileSet.Read(ref reader) : null;
        var folded = new ChunkRange[reader.Count()];
        foreach (ref var range in folded.AsSpan())
            range = new ChunkRange(reader.Signed(), reader.Signed());
        var shares = new NodeShare[reader.Count()];
        foreach (ref var share in shares.AsSpan())
            share = new NodeShare(
                reader.Text() ?? throw new FormatException("A node has no name."), reader.Signed(), reader.Signed());
        var failures = new JobFailure[reader.Count()];
        foreach (ref var failure in failures.AsSpan())
            failure = ReadFailure(ref reader);
        var fold = new JobFold(Partial.Read(plan, ref reader));
        fold.Restore(itemsFailed, folded, shares, failures, JobRecord.Read(ref reader));
        if (reader.IsAtEnd)
            return new JobProgress(lastNo, place, dropped, files, fold);
        var uploads = new UploadLog();
        uploads.Read(ref reader);
        return new JobProgress(lastNo, place, dropped, files, fold, uploads);
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
