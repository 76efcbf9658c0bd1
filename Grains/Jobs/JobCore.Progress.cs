using OrleansTasks.Processing.Binary;
using OrleansTasks.Processing.Chunks;
using OrleansTasks.Processing.Files;

namespace OrleansTasks.Jobs;

internal sealed partial class JobCore
{
    private const byte ProgressVersion = 2;

    private byte[] WriteProgress()
    {
        var writer = new ByteWriter();
        writer.Byte(ProgressVersion);
        writer.Signed(lastNo);
        writer.Signed(cursor.Place);
        writer.Signed(itemsFailed);
        writer.Signed(droppedItems);
        if (IsFile)
            cursor.File!.Write(writer);
        writer.Unsigned((ulong)folded.Ranges.Count);
        foreach (var range in folded.Ranges)
        {
            writer.Signed(range.First);
            writer.Signed(range.Last);
        }

        writer.Unsigned((ulong)nodes.Count);
        foreach (var share in nodes.Values)
        {
            writer.Text(share.Node);
            writer.Signed(share.Items);
            writer.Signed(share.Chunks);
        }

        writer.Unsigned((ulong)failures.Count);
        foreach (var failure in failures)
            Write(writer, failure);
        total.Write(writer);
        return writer.ToArray();
    }

    private void ReadProgress(ReadOnlyMemory<byte> progress)
    {
        if (progress.IsEmpty)
            return;
        var reader = new ByteReader(progress.Span, isOwn: true);
        var version = reader.Byte();
        if (version is 0 or > ProgressVersion)
            throw new FormatException("A job's progress is of a version that this program does not know.");
        lastNo = reader.Signed();
        cursor.Seek(spec.Source.From + reader.Signed());
        itemsFailed = reader.Signed();
        droppedItems = version < 2 ? 0 : reader.Signed();
        if (IsFile)
            cursor.File = FilePart.Read(ref reader);
        for (var left = reader.Count(); left > 0; left--)
            folded.Append(new ChunkRange(reader.Signed(), reader.Signed()));
        for (var left = reader.Count(); left > 0; left--)
        {
            var node = reader.Text()!;
            nodes[node] = new NodeShare(node, reader.Signed(), reader.Signed());
        }

        for (var left = reader.Count(); left > 0; left--)
            failures.Add(ReadFailure(ref reader));
        total = Partial.Read(spec.Plan, ref reader);
        outcome = null;
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
