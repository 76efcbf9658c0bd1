using System.Text;
using System.Text.Unicode;

namespace OrleansTasks.Jobs;

/// <summary>
/// Makes the output of a job's source command valid UTF-8.
/// Such a command prints the items of a data job, one per line, and may print any bytes.
/// <see cref="SourceReading"/> calls this class before the lines are cut into chunks.
/// </summary>
internal static class Utf8Lines
{
    /// <summary>
    /// Replaces each invalid byte sequence with U+FFFD, the replacement character.
    /// Line feeds stay, so the number of lines does not change.
    /// Lines with replacements may become longer, because U+FFFD takes three bytes.
    /// </summary>
    /// <param name="lines">
    /// Whole lines. The two parts of a character that is cut at the start or the end would each be replaced.
    /// </param>
    /// <returns><paramref name="lines"/> itself, not a copy, when it is valid.</returns>
    public static ReadOnlyMemory<byte> Repair(ReadOnlyMemory<byte> lines) =>
        Utf8.IsValid(lines.Span) ? lines : Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(lines.Span));
}
