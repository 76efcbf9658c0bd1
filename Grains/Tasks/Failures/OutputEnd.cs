using System.Text;
using OrleansTasks.Storage;

namespace OrleansTasks.Tasks.Failures;

/// <summary>
/// Splits the end of an attempt's output into parts that follow each other without a separator: up to 4 KiB of standard
/// output, up to 4 KiB of standard error, and the worker's own message. Pure.
/// </summary>
internal static class OutputEnd
{
    // The number of bytes that a worker keeps of the end of a stream.
    private const int MostOfAStream = 4 * 1024;

    // A longer stream keeps at least this many bytes, because up to 3 bytes of a cut character are left out.
    private const int LeastOfACutStream = MostOfAStream - 3;

    // Of a longer tail, only the last part of this size is examined.
    private const int Longest = 32 * 1024;

    /// <summary>
    /// Returns the parts as text, each on its own lines. Leaves out the first line of a cut part, because what remains
    /// of it differs between failures with the same cause. <paramref name="sizes"/> is null if unknown.
    /// </summary>
    public static string TextOf(ReadOnlySpan<byte> tail, OutputSizes? sizes)
    {
        if (tail.Length > Longest)
            return PartOf(tail[^Longest..], isCut: true);
        if (sizes is not { } known || StdoutIn(tail, known) is not { } stdout)
            return PartOf(tail, isCut: tail.Length >= LeastOfACutStream);
        var (isOutCut, isErrorCut) = (known.Stdout > MostOfAStream, known.Stderr > MostOfAStream);
        var rest = tail[stdout..];
        var stderr = isErrorCut ? rest.Length : (int)known.Stderr;
        return $"{PartOf(tail[..stdout], isOutCut)}\n{PartOf(rest[..stderr], isErrorCut)}\n{PartOf(rest[stderr..], isCut: false)}";
    }

    private static string PartOf(ReadOnlySpan<byte> part, bool isCut) => Encoding.UTF8.GetString(
        isCut && part.IndexOf((byte)'\n') is >= 0 and var end && end + 1 < part.Length ? part[(end + 1)..] : part);

    // Returns how many bytes of the tail are standard output; null if that cannot be determined.
    private static int? StdoutIn(ReadOnlySpan<byte> tail, OutputSizes sizes)
    {
        var (isOutCut, isErrorCut) = (sizes.Stdout > MostOfAStream, sizes.Stderr > MostOfAStream);
        if (!isOutCut && !isErrorCut && sizes.Stdout + sizes.Stderr == tail.Length && !sizes.IsTruncated)
            return (int)sizes.Stdout;
        // Streams that share a limit may be cut although both are short. A replacement character differs in length from
        // the bytes that it replaces.
        if ((sizes.IsTruncated && !isOutCut && !isErrorCut) || tail.IndexOf("\uFFFD"u8) >= 0)
            return null;
        var stderr = isErrorCut ? LeastOfACutStream : sizes.Stderr;
        if (!isOutCut)
            return sizes.Stdout + stderr <= tail.Length ? (int)sizes.Stdout : null;
        // The end is exact if standard error is whole and nothing follows it; otherwise it lies within 3 bytes.
        var most = (int)Math.Min(MostOfAStream, tail.Length - stderr);
        if (most < LeastOfACutStream)
            return null;
        return EndOfCut(tail, isErrorCut ? Math.Clamp(tail.Length - MostOfAStream, LeastOfACutStream, most)
            : tail.Length - stderr <= MostOfAStream ? most : LeastOfACutStream, most);
    }

    // Returns the end of a cut stream, between two places: after a line if one ends there, otherwise after a character.
    private static int EndOfCut(ReadOnlySpan<byte> tail, int least, int most)
    {
        for (var end = most; end >= least; end--)
        {
            if (tail[end - 1] == '\n')
                return end;
        }

        var at = most;
        // Bytes of the form 10xxxxxx continue a UTF-8 character.
        while (at > least && at < tail.Length && (tail[at] & 0xC0) == 0x80)
            at--;
        return at;
    }
}
