using System.Text;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Encodings;

/// <summary>
/// Encodes a task's row as it was before a cancel or retry: a version byte, then the columns in a fixed order,
/// little-endian. The node's session is omitted, because no node holds the task when it is restored.
/// </summary>
internal static class TaskRowCodec
{
    private const byte Version = 1;

    internal static byte[] Write(in TaskRow row)
    {
        var stream = new MemoryStream(160);
        using var writer = new BinaryWriter(stream, Encoding.UTF8);
        writer.Write(Version);
        writer.Write(row.No);
        Span<byte> id = stackalloc byte[TaskId.Size];
        row.Id.Write(id);
        writer.Write(id);
        writer.Write((byte)row.State);
        writer.Write(row.Order);
        writer.Write(row.Attempt);
        writer.Write(row.Failures);
        writer.Write(row.NodeLosses);
        Span<byte> token = stackalloc byte[LeaseToken.Size];
        row.Token.Write(token);
        writer.Write(token);
        WriteText(writer, row.Node);
        foreach (var time in (ReadOnlySpan<long>)
            [row.DueAt, row.QueuedAt, row.StartedAt, row.EndedAt, row.CancelRequestedAt])
            writer.Write(time);
        writer.Write(row.ExitCode is not null);
        writer.Write(row.ExitCode ?? 0);
        WriteText(writer, row.Signal);
        writer.Write((byte)row.Reason);
        writer.Flush();
        return stream.ToArray();
    }

    /// <summary>Reads what <see cref="Write"/> wrote. Throws <see cref="FormatException"/> for anything else.</summary>
    internal static TaskRow Read(ReadOnlySpan<byte> bytes)
    {
        using var reader = new BinaryReader(new MemoryStream(bytes.ToArray()), Encoding.UTF8);
        try
        {
            if (reader.ReadByte() != Version)
                throw Damaged(null);
            // The initializer reads its members from top to bottom, in the order of Write.
            var row = new TaskRow
            {
                No = reader.ReadInt64(),
                Id = TaskId.Read(reader.ReadBytes(TaskId.Size)),
                State = (TaskState)reader.ReadByte(),
                Order = reader.ReadInt64(),
                Attempt = reader.ReadInt32(),
                Failures = reader.ReadInt64(),
                NodeLosses = reader.ReadInt32(),
                Token = LeaseToken.Read(reader.ReadBytes(LeaseToken.Size)),
                Node = ReadText(reader),
                DueAt = reader.ReadInt64(),
                QueuedAt = reader.ReadInt64(),
                StartedAt = reader.ReadInt64(),
                EndedAt = reader.ReadInt64(),
                CancelRequestedAt = reader.ReadInt64(),
                ExitCode = reader.ReadBoolean() ? reader.ReadInt32() : Skip(reader),
                Signal = ReadText(reader),
                Reason = (EndReason)reader.ReadByte(),
            };
            return (int)row.State < TaskStates.All.Length && reader.BaseStream.Position == bytes.Length
                ? row : throw Damaged(null);
        }
        catch (Exception fault) when (fault is IOException or ArgumentException)
        {
            throw Damaged(fault);
        }
    }

    private static int? Skip(BinaryReader reader)
    {
        reader.ReadInt32();
        return null;
    }

    private static void WriteText(BinaryWriter writer, string? text)
    {
        writer.Write(text is not null);
        if (text is not null)
            writer.Write(text);
    }

    private static string? ReadText(BinaryReader reader) => reader.ReadBoolean() ? reader.ReadString() : null;

    private static FormatException Damaged(Exception? fault) =>
        new("A task's stored state from before its cancel or retry is damaged.", fault);
}
