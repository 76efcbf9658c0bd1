using OrleansTasks.Feed;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Encodings;

/// <summary>
/// Encodes a commit's transitions for storage. Each begins with a byte that has the state and, in the top bit, whether
/// the task is the same as in the previous transition. The task's 16 bytes follow unless it is, then the attempt as a
/// little-endian base-128 number.
/// </summary>
internal static class EventCodec
{
    private const byte SameTask = 0x80;

    /// <summary>
    /// Returns the maximum encoded size: a state byte, an id, and up to 5 bytes of attempt for each transition.
    /// </summary>
    internal static int MaxLength(int count) => count * (1 + TaskId.Size + 5);

    /// <summary>Writes the transitions and returns the number of bytes written.</summary>
    internal static int Write(IReadOnlyList<FeedEntry> entries, Span<byte> destination)
    {
        var at = 0;
        var previous = default(TaskId);
        for (var i = 0; i < entries.Count; i++)
        {
            var entry = entries[i];
            var same = i > 0 && entry.Task == previous;
            destination[at++] = (byte)((byte)entry.State | (same ? SameTask : 0));
            if (!same)
            {
                entry.Task.Write(destination[at..]);
                at += TaskId.Size;
                previous = entry.Task;
            }

            var attempt = (uint)entry.Attempt;
            // Seven bits a byte, lowest first; the top bit says that another byte follows.
            for (; attempt > 0x7f; attempt >>= 7)
                destination[at++] = (byte)(attempt | 0x80);
            destination[at++] = (byte)attempt;
        }

        return at;
    }

    /// <summary>Reads what <see cref="Write"/> wrote. Throws <see cref="FormatException"/> for anything else.</summary>
    internal static ImmutableArray<FeedEntry> Read(ReadOnlySpan<byte> bytes)
    {
        var entries = ImmutableArray.CreateBuilder<FeedEntry>(bytes.Length / (2 + TaskId.Size) + 1);
        var task = default(TaskId);
        for (var at = 0; at < bytes.Length;)
        {
            var head = bytes[at++];
            if ((head & SameTask) == 0)
            {
                if (bytes.Length - at < TaskId.Size)
                    throw Damaged();
                task = TaskId.Read(bytes[at..]);
                at += TaskId.Size;
            }

            uint attempt = 0;
            for (var shift = 0; ; shift += 7)
            {
                // A 32-bit number has at most five groups of seven bits, the last at shift 28.
                if (at == bytes.Length || shift > 28)
                    throw Damaged();
                var next = bytes[at++];
                attempt |= (uint)(next & 0x7f) << shift;
                if (next <= 0x7f)
                    break;
            }

            entries.Add(new FeedEntry(task, (TaskState)(head & ~SameTask), (int)attempt));
        }

        return entries.DrainToImmutable();
    }

    private static FormatException Damaged() => new("Stored transitions are truncated or damaged.");
}
