using System.Text;
using System.Text.Unicode;

namespace OrleansTasks.Jobs;

/// <summary>Makes valid UTF-8 of the lines that a source command wrote.</summary>
internal static class Utf8Lines
{
    /// <summary>
    /// Replaces what is not UTF-8 with U+FFFD. The number of lines stays, their length may grow. Takes whole lines only: a character
    /// that is cut in two would be replaced. Valid lines are returned as they are, without a copy.
    /// </summary>
    public static ReadOnlyMemory<byte> Repair(ReadOnlyMemory<byte> lines) =>
        Utf8.IsValid(lines.Span) ? lines : Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(lines.Span));
}
