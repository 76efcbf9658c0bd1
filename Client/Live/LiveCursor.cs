using System.Globalization;
using OrleansTasks.Client.Events;

namespace OrleansTasks.Client.Live;

/// <summary>A position in a live stream. Clients return its text as <c>Last-Event-ID</c>.</summary>
/// <param name="Events">The last events sent.</param>
/// <param name="Board">The id of the board whose changes were sent. Each gateway process has its own board.</param>
/// <param name="Seen">The number of the last change of that board that was sent.</param>
internal readonly record struct LiveCursor(EventCursor Events, uint Board, long Seen)
{
    /// <summary>Returns the text form.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Events}.{Board:x8}.{Seen:x}");

    /// <summary>Parses the text form; returns null if it is invalid.</summary>
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
