using System.Text;

namespace OrleansTasks.Cli.Map;

/// <summary>Splits a stream into records, which end with a line end or a zero byte.</summary>
internal static class ArgumentRecords
{
    /// <summary>Maximum length of a record. A longer one exceeds the maximum length of a command.</summary>
    public const int Longest = 1 << 20;

    private const int BlockSize = 64 * 1024;

    /// <summary>
    /// Reads the records as <see cref="ByteText"/>, each as soon as it has arrived. The last record may lack its end.
    /// In a line, <c>\0</c> stands for a zero byte, which no command can have. Throws <see cref="UsageException"/> for
    /// a record that is too long.
    /// </summary>
    public static IEnumerable<string> Read(Stream stream, bool areEndedByZero)
    {
        var end = areEndedByZero ? '\0' : '\n';
        var block = new byte[BlockSize];
        var partial = new StringBuilder();
        var count = 1L;
        while (stream.Read(block) is var length and > 0)
        {
            var arrived = ByteText.Of(block.AsSpan(0, length));
            var start = 0;
            for (var at = arrived.IndexOf(end); at >= 0; at = arrived.IndexOf(end, start))
            {
                partial.Append(arrived, start, at - start);
                yield return Take();
                start = at + 1;
                count++;
            }

            partial.Append(arrived, start, length - start);
            if (partial.Length > Longest)
                throw new UsageException($"Argument {count} is longer than {Longest >> 10} KiB. Does -0 fit the input?");
        }

        if (partial.Length > 0)
            yield return Take();

        string Take()
        {
            var record = partial.ToString();
            partial.Clear();
            return areEndedByZero ? record : record.Replace("\0", @"\0", StringComparison.Ordinal);
        }
    }
}
