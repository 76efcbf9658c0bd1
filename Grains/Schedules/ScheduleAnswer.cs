using System.Buffers.Binary;
using System.Text;
using OrleansTasks.Tasks;

namespace OrleansTasks.Schedules;

/// <summary>The answer stored with an idempotency key, which gives a repeated request the first one's result.</summary>
internal static class ScheduleAnswer
{
    private const int FixedSize = 8 + TaskId.Size;

    /// <summary>Returns a reply's bytes: two counts, the task's id (zero without one), the schedule's id.</summary>
    public static byte[] Write(ScheduleReply reply)
    {
        var bytes = new byte[FixedSize + Encoding.UTF8.GetByteCount(reply.Id)];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, reply.Accepted);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(4), reply.LeftOut);
        (reply.Task ?? default).Write(bytes.AsSpan(8));
        Encoding.UTF8.GetBytes(reply.Id, bytes.AsSpan(FixedSize));
        return bytes;
    }

    /// <summary>Returns the reply to a repeated request.</summary>
    public static ScheduleReply Read(ReadOnlySpan<byte> bytes)
    {
        var task = TaskId.Read(bytes[8..]);
        return new ScheduleReply(ScheduleOutcome.Replayed)
        {
            Accepted = BinaryPrimitives.ReadInt32LittleEndian(bytes),
            LeftOut = BinaryPrimitives.ReadInt32LittleEndian(bytes[4..]),
            Task = task == default ? null : task,
            Id = Encoding.UTF8.GetString(bytes[FixedSize..]),
        };
    }
}
