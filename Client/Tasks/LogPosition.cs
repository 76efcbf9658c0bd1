using System.Globalization;
using OrleansTasks.Client.Http;

namespace OrleansTasks.Client.Tasks;

/// <summary>A position in a task's log. Its text is the id of an event.</summary>
/// <param name="Attempt">The attempt being read; 0 before the first.</param>
/// <param name="Stdout">The number of bytes of standard output that were sent.</param>
/// <param name="Stderr">The number of bytes of standard error that were sent.</param>
internal readonly record struct LogPosition(int Attempt, long Stdout, long Stderr)
{
    /// <summary>Returns the text form.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Attempt}-{Stdout}-{Stderr}");

    /// <summary>Reads <c>Last-Event-ID</c>; returns null without one. Throws 400 <c>bad-cursor</c>.</summary>
    public static LogPosition? Read(HttpRequest request)
    {
        var text = request.Headers["Last-Event-ID"].ToString();
        if (text.Length == 0)
            return null;
        var parts = text.Split('-');
        return parts.Length == 3
            && int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var attempt)
            && long.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var stdout)
            && long.TryParse(parts[2], NumberStyles.None, CultureInfo.InvariantCulture, out var stderr)
            ? new LogPosition(attempt, stdout, stderr)
            : throw new ProblemException(Problems.BadCursor("Last-Event-ID"));
    }
}
