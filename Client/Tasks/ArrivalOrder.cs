using Google.Protobuf;
using OrleansTasks.Tasks;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.Client.Tasks;

/// <summary>
/// Orders an attempt's output by its arrival marks. It reads both streams from left to right: the stream whose current
/// mark was written first comes next, up to its next mark. Without marks, standard output comes before standard error.
/// </summary>
internal sealed class ArrivalOrder
{
    /// <summary>The maximum number of marks, which bounds the memory that a worker can take in a gateway.</summary>
    public const int Most = 20_000;

    private readonly List<StreamMark> stdout = [];
    private readonly List<StreamMark> stderr = [];
    private byte[] rest = [];
    private int stdoutAt, stderrAt;
    private int count;

    /// <summary>The number of bytes of marks that were added.</summary>
    public long Length { get; private set; }

    /// <summary>All marks in their order.</summary>
    public IEnumerable<ArrivalMark> Marks =>
        stdout.Concat(stderr).OrderBy(static mark => mark.Order).Select(static mark => mark.Mark);

    /// <summary>
    /// Adds the next bytes of the marks. Ignores marks that a correct worker does not write: of another stream, with an
    /// offset not beyond that of the mark before it, with more lines than bytes, or beyond <see cref="Most"/>.
    /// </summary>
    public void Add(ReadOnlySpan<byte> bytes)
    {
        Length += bytes.Length;
        byte[] all = [.. rest, .. bytes];
        using var input = new CodedInputStream(all);
        var complete = 0;
        try
        {
            // Each mark is one field of a single message that grows as long as the attempt runs.
            while (input.ReadTag() is var tag and not 0)
            {
                if (WireFormat.GetTagFieldNumber(tag) != ArrivalMarks.MarksFieldNumber)
                    input.SkipLastField();
                else
                    Add(ArrivalMark.Parser.ParseFrom(input.ReadBytes()));
                complete = (int)input.Position;
            }
        }
        catch (InvalidProtocolBufferException)
        {
            // The last mark is incomplete, or the worker sent something else. Neither can be read past.
        }

        rest = all[complete..];
    }

    /// <summary>
    /// Returns the stream whose byte at the position arrived first, up to which offset its bytes belong together, and when
    /// they arrived: Unix time in milliseconds, or null if no mark says so.
    /// </summary>
    /// <param name="position">What was read of both streams. Must not go back between calls.</param>
    /// <param name="hasStdout">Whether standard output has more bytes.</param>
    /// <param name="hasStderr">Whether standard error has more bytes.</param>
    public (OutputStream Stream, long End, long? At)? Next(in LogPosition position, bool hasStdout, bool hasStderr)
    {
        var (firstOrder, firstEnd, firstAt) = Current(stdout, ref stdoutAt, position.Stdout);
        var (secondOrder, secondEnd, secondAt) = Current(stderr, ref stderrAt, position.Stderr);
        if (hasStdout && (!hasStderr || firstOrder <= secondOrder))
            return (OutputStream.Stdout, firstEnd, firstAt);
        return hasStderr ? (OutputStream.Stderr, secondEnd, secondAt) : null;
    }

    private void Add(ArrivalMark mark)
    {
        if (count == Most || (OutputStream)mark.Stream is not (OutputStream.Stdout or OutputStream.Stderr) || mark.At is < 0 or > LatestTime)
            return;
        var marks = mark.Stream == (uint)OutputStream.Stdout ? stdout : stderr;
        if (mark.Offset is < 0 or long.MaxValue || mark.Line < 0 || mark.Line > mark.Offset || (marks.Count > 0 && mark.Offset <= marks[^1].Mark.Offset))
            return;
        marks.Add(new StreamMark(count++, mark));
    }

    private static (int Order, long End, long? At) Current(List<StreamMark> marks, ref int at, long position)
    {
        while (at + 1 < marks.Count && marks[at + 1].Mark.Offset <= position)
            at++;
        if (marks.Count == 0)
            return (-1, long.MaxValue, null);
        if (marks[at].Mark.Offset > position)
            return (-1, marks[at].Mark.Offset, null);
        return (marks[at].Order, at + 1 < marks.Count ? marks[at + 1].Mark.Offset : long.MaxValue, marks[at].Mark.At);
    }

    // The end of the year 9999.
    private const long LatestTime = 253_402_300_799_999;

    private readonly record struct StreamMark(int Order, ArrivalMark Mark);
}
