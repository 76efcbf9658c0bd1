using OrleansTasks.Worker.Handover;
using OrleansTasks.Worker.Processes;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.Worker.Agent;

/// <summary>
/// Decides which arrivals of output get a mark (<see cref="ArrivalMark"/>): the first, each change of the stream, and
/// otherwise one every 64 KiB or second. After each 2,000 marks both distances double, so that a command that writes for
/// weeks is marked to its end. After 10,000 marks changes of the stream get none, and the number of marks is at most
/// 20,000. The owner does the locking.
/// </summary>
internal struct ArrivalNotes
{
    /// <summary>The number of the marks' stream in <see cref="OutputChunk.Stream"/>.</summary>
    internal const uint Stream = 3;

    /// <summary>The maximum number of marks of an attempt.</summary>
    internal const int Most = 20_000;

    private const int MostWithChanges = 10_000, MarksPerDistance = 2_000;
    private const long ShortestBytes = 64 * 1024, ShortestTime = 1_000;

    private StreamNotes output;
    private StreamNotes error;
    private StandardStream last;
    private int count;

    /// <summary>Continues the notes of an earlier program of this process. The next arrival of each stream gets a mark.</summary>
    internal static ArrivalNotes Of(OutputRecord record) => new()
    {
        output = new() { Length = record.OutputLength, Lines = record.OutputLines, MarkedLength = record.OutputLength },
        error = new() { Length = record.ErrorLength, Lines = record.ErrorLines, MarkedLength = record.ErrorLength },
        count = record.MarkCount,
    };

    /// <summary>Writes down what the next program counts from.</summary>
    internal readonly void WriteTo(OutputRecord record)
    {
        (record.OutputLength, record.OutputLines) = (output.Length, output.Lines);
        (record.ErrorLength, record.ErrorLines) = (error.Length, error.Lines);
        record.MarkCount = count;
    }

    /// <summary>Counts bytes that arrived. Returns the mark to write before them, or null.</summary>
    internal ArrivalMark? Add(StandardStream stream, ReadOnlySpan<byte> bytes, long at)
    {
        ref var notes = ref stream == StandardStream.Output ? ref output : ref error;
        var isNew = stream != last;
        last = stream;
        var mark = (isNew && count < MostWithChanges) || notes.IsDue(at, count / MarksPerDistance)
            ? Mark(ref notes, stream, at)
            : null;
        notes.Length += bytes.Length;
        notes.Lines += bytes.Count((byte)'\n');
        return mark;
    }

    private ArrivalMark? Mark(ref StreamNotes notes, StandardStream stream, long at)
    {
        if (count == Most)
            return null;
        count++;
        (notes.MarkedAt, notes.MarkedLength) = (at, notes.Length);
        return new ArrivalMark { Stream = (uint)stream, Offset = notes.Length, Line = notes.Lines, At = at };
    }

    private struct StreamNotes
    {
        internal long Length, Lines, MarkedAt, MarkedLength;

        internal readonly bool IsDue(long at, int doublings) =>
            MarkedAt == 0 || Length - MarkedLength >= ShortestBytes << doublings || at - MarkedAt >= ShortestTime << doublings;
    }
}
