using System.Globalization;
using OrleansTasks.Client.Events;

namespace OrleansTasks.Client.Live;

/// <summary>
/// How far a reader of a live stream has got. Its text comes back as <c>Last-Event-ID</c>.
/// </summary>
/// <param name="Events">The last events seen.</param>
/// <param name="Board">The board whose items it has seen: each gateway process has one of its own.</param>
/// <param name="Seen">The number of the last change on that board that it has seen.</param>
internal readonly record struct LiveCursor(EventCursor Events, uint Board, long Seen)
{
    /// <summary>The text form.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Events}.{Board:x8}.{Seen:x}");

    /// <summary>Reads the text form; null when it is none.</summary>
    public static LiveCursor? Parse(string text)
    {
        var parts = text.Split('.');
        return parts.Length == 3 && EventCursor.TryParse(parts[0], out var events)
            && uint.TryParse(parts[1], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var board)
            && parts[2].Length < 16 && long.TryParse(parts[2], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var seen)
            ? new LiveCursor(events, board, seen)
            : null;
    }
}
