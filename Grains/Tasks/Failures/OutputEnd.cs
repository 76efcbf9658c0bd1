using System.Text;

namespace OrleansTasks.Tasks.Failures;

/// <summary>
/// Divides the end of an attempt's output into its parts, which follow each other without a mark: up to 4 KiB of standard
/// output, up to 4 KiB of standard error, and what the worker has to say. Pure.
/// </summary>
internal static class OutputEnd
{
    /// <summary>How many bytes a worker keeps of the end of a stream.</summary>
    private const int MostOfAStream = 4 * 1024;

    /// <summary>How many bytes are left of a longer stream at least: the rest of a character that was cut is left out.</summary>
    private const int LeastOfACutStream = MostOfAStream - 3;

    private const int Longest = 32 * 1024;

    /// <summary>
    /// The parts as text, each on lines of its own. The first line of a part that was cut is left out: what is left of a line
    /// differs between failures of the same cause.
    /// </summary>
    /// <param name="tail">The end of the output, in UTF-8.</param>
    /// <param name="sizes">How much each stream wrote; null when that is not known.</param>
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

    /// <summary>How many bytes of the tail are of standard output; null when it cannot be told.</summary>
    private static int? StdoutIn(ReadOnlySpan<byte> tail, OutputSizes sizes)
    {
        var (isOutCut, isErrorCut) = (sizes.Stdout > MostOfAStream, sizes.Stderr > MostOfAStream);
        if (!isOutCut && !isErrorCut && sizes.Stdout + sizes.Stderr == tail.Length && !sizes.IsTruncated)
            return (int)sizes.Stdout;
        // Of streams that share a bound, the one that reached it has most. A replaced character has another length than what it
        // stands for.
        if ((sizes.IsTruncated && !isOutCut && !isErrorCut) || tail.IndexOf("\uFFFD"u8) >= 0)
            return null;
        var stderr = isErrorCut ? LeastOfACutStream : sizes.Stderr;
        if (!isOutCut)
            return sizes.Stdout + stderr <= tail.Length ? (int)sizes.Stdout : null;
        var most = (int)Math.Min(MostOfAStream, tail.Length - stderr);
        if (most < LeastOfACutStream)
            return null;
        return EndOfCut(tail, isErrorCut ? Math.Clamp(tail.Length - MostOfAStream, LeastOfACutStream, most)
            : tail.Length - stderr <= MostOfAStream ? most : LeastOfACutStream, most);
    }

    /// <summary>The end of a stream that was cut, between two places: after a line, or else after a character.</summary>
    private static int EndOfCut(ReadOnlySpan<byte> tail, int least, int most)
    {
        for (var end = most; end >= least; end--)
        {
            if (tail[end - 1] == '\n')
                return end;
        }

        var at = most;
        while (at > least && at < tail.Length && (tail[at] & 0xC0) == 0x80)
            at--;
        return at;
    }
}
