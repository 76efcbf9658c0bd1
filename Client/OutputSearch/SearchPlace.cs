using System.Globalization;
using OrleansTasks.Client.Http;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.OutputSearch;

/// <summary>
/// The position of a search, which callers send back to continue: <c>ATTEMPT-STREAM-OFFSET-LINE-FOUND</c>.
/// </summary>
/// <param name="Attempt">The attempt's number.</param>
/// <param name="Stream">The stream.</param>
/// <param name="Offset">The first byte that has not been searched.</param>
/// <param name="Line">The number of the line that contains this byte, from 1.</param>
/// <param name="IsFound">Whether this line has already matched.</param>
internal readonly record struct SearchPlace(int Attempt, OutputStream Stream, long Offset, long Line, bool IsFound)
{
    private const string Parameter = "from";
    private const int Parts = 5;

    /// <summary>Parses a position. Throws 400 <c>bad-cursor</c> if it is invalid.</summary>
    public static SearchPlace Parse(string text)
    {
        var parts = text.Split('-');
        if (parts.Length == Parts
            && int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var attempt) && attempt > 0
            && parts[1] is "stdout" or "stderr"
            && long.TryParse(parts[2], NumberStyles.None, CultureInfo.InvariantCulture, out var offset)
            && long.TryParse(parts[3], NumberStyles.None, CultureInfo.InvariantCulture, out var line)
            // Each earlier line has at least one byte, its newline.
            && line > 0 && line <= offset + 1 && parts[4] is "0" or "1")
        {
            var stream = parts[1] == "stdout" ? OutputStream.Stdout : OutputStream.Stderr;
            return new SearchPlace(attempt, stream, offset, line, parts[4] == "1");
        }

        throw new ProblemException(Problems.BadCursor(Parameter));
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"{Attempt}-{(Stream == OutputStream.Stdout ? "stdout" : "stderr")}-{Offset}-{Line}-{(IsFound ? 1 : 0)}");
}
