using OrleansTasks.Processing.Binary;
using OrleansTasks.Processing.Chunks;
using OrleansTasks.Processing.Files;

namespace OrleansTasks.Jobs;

/// <summary>
/// The progress of a job, as it is stored: how far the source has been cut,
/// and the fold, which is what the ended chunks add up to. <see cref="JobCore.ToWrite"/> makes it for each save,
/// and the <see cref="JobCore"/> of a new activation, or of a reader that shows a stored job, begins with it.
/// The commit that stores progress deletes the ended chunks that the progress includes.
/// </summary>
/// <remarks>
/// Progress and the stored chunks together restore a job: chunks that were cut or have ended since the last save
/// are still in the store. When the job ends, its last progress stays as its result, and all of its chunks are deleted.
/// </remarks>
/// <param name="LastNo">The largest number assigned to a chunk; 0 before the first.</param>
/// <param name="Place">
/// How much of the source has been cut into chunks: bytes of a file, items of any other source.
/// </param>
/// <param name="DroppedItems">
/// How much was cut but not processed because the job stopped, in the unit of <paramref name="Place"/>.
/// </param>
/// <param name="File">The file that the job reads; null for any other source.</param>
/// <param name="Fold">
/// The fold: the numbers of the folded chunks, the aggregates over them, their failures, and each node's share.
/// <see cref="JobFold.Unsaved"/> is not part of the binary form: after <see cref="Read"/> all folded chunks count as
/// saved.
/// </param>
internal sealed record JobProgress(long LastNo, long Place, long DroppedItems, FilePart? File, JobFold Fold)
{
    /// <summary>
    /// The version of the binary form, its first byte. A first byte of 0 is a reference to progress that is stored in parts
    /// (<see cref="StoredProgress"/>).
    /// </summary>
    private const byte Version = 1;

    /// <summary>Returns the binary form. <see cref="Read"/> reads the same fields in the same order.</summary>
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
        Fold.Record.Write(writer);
        return writer.ToArray();
    }

    /// <summary>
    /// Reads the binary form. Throws <see cref="FormatException"/> when the bytes are damaged or of another version.
    /// </summary>
    /// <param name="bytes">The bytes from <see cref="ToBytes"/>, not empty, and not a reference to parts.</param>
    /// <param name="plan">The job's plan, which has the aggregates in the order in which they are stored.</param>
    /// <param name="isFile">Whether the job reads a file. The bytes do not tell whether they contain one.</param>
    public static JobProgress Read(ReadOnlySpan<byte> bytes, ProcessingPlan plan, bool isFile)
    {
        var reader = new ByteReader(bytes, isOwn: true);
        if (reader.Byte() != Version)
            throw new FormatException("A job's progress is of a version that this program does not know.");
        var lastNo = reader.Signed();
        var place = reader.Signed();
        var itemsFailed = reader.Signed();
        var dropped = reader.Signed();
        var file = isFile ? FilePart.Read(ref reader) : null;
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
