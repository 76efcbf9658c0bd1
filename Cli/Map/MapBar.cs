using System.Globalization;

namespace OrleansTasks.Cli.Map;

/// <summary>A line on standard error that says how far a map is (<c>--bar</c>).</summary>
/// <param name="errors">Receives the line.</param>
/// <param name="time">The clock.</param>
internal sealed class MapBar(TextWriter errors, TimeProvider time)
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(200);
    private const int Width = 30;

    private readonly long began = time.GetTimestamp();
    private long? drawn;

    /// <summary>Draws the line, at most five times a second.</summary>
    /// <param name="tally">What has ended.</param>
    /// <param name="total">The number of tasks; null if not all arguments have been read.</param>
    /// <param name="isLast">Whether the map has ended.</param>
    public void Draw(MapTally tally, long? total, bool isLast)
    {
        if (!isLast && drawn is { } last && time.GetElapsedTime(last) < Period)
            return;
        drawn = time.GetTimestamp();
        errors.Write($"\r{LineOf(tally.Done, tally.Failed, total, time.GetElapsedTime(began))}\u001b[K{(isLast ? "\n" : "")}");
    }

    /// <summary>Returns the line.</summary>
    internal static string LineOf(int done, int failed, long? total, TimeSpan elapsed)
    {
        var failures = failed > 0 ? $", {failed} failed" : "";
        if (total is not (> 0 and var all))
            return $"{done} done{failures}, {elapsed:h\\:mm\\:ss}";
        var full = (int)(Width * done / all);
        var left = done == 0 ? "" : string.Create(
            CultureInfo.InvariantCulture, $", {elapsed / done * (all - done):h\\:mm\\:ss} left");
        return $"[{new string('#', full)}{new string('.', Width - full)}] {100 * done / all}% {done}/{all}{failures}{left}";
    }
}
