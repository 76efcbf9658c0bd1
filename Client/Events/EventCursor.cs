using System.Buffers.Text;
using System.Globalization;
using System.Text;
using OrleansTasks.Client.Http;

namespace OrleansTasks.Client.Events;

/// <summary>
/// How far a reader of the events has got. Its text has at most 64 characters, however many queues there are. It is opaque to
/// readers; it comes back as <c>Last-Event-ID</c>.
/// </summary>
/// <param name="Nodes">The last change seen of a node's state; 0 before the first.</param>
/// <param name="Log">The last commit seen, by its number among the commits of all partitions; 0 before the first.</param>
/// <param name="Resources">
/// The last change seen of a resource; 0 before the first. A cursor of a version without these events has none: its reader
/// has seen none of them.
/// </param>
internal readonly record struct EventCursor(long Nodes, long Log, long Resources = 0)
{
    /// <summary>Stands for a cursor of an earlier version, which named every partition and cannot be resumed.</summary>
    public static EventCursor Outdated { get; } = new(long.MaxValue, long.MaxValue);

    /// <summary>The text form.</summary>
    public override string ToString() =>
        Base64Url.EncodeToString(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{Nodes:x8};{Log:x};{Resources:x}")));

    /// <summary>Reads <c>Last-Event-ID</c>; null without one. Throws 400 <c>bad-cursor</c>.</summary>
    public static EventCursor? Read(HttpRequest request)
    {
        var given = request.Headers["Last-Event-ID"].ToString();
        if (given.Length == 0)
            return null;
        return TryParse(given, out var cursor) ? cursor : throw new ProblemException(Problems.BadCursor("Last-Event-ID"));
    }

    /// <summary>Reads the text form.</summary>
    public static bool TryParse(string given, out EventCursor cursor)
    {
        cursor = default;
        if (!Base64Url.IsValid(given))
            return false;
        var parts = Encoding.ASCII.GetString(Base64Url.DecodeFromChars(given)).Split(';');
        if (parts[0].Length < 8 || !TryNumber(parts[0], out var nodes))
            return false;
        var (log, resources) = (0L, 0L);
        if (parts.Length > 1 && Array.TrueForAll(parts[1..], static part => part.Contains('/', StringComparison.Ordinal)))
            cursor = Outdated;
        else if (parts.Length == 1 || (parts.Length <= 3 && TryNumber(parts[1], out log)
            && (parts.Length == 2 || TryNumber(parts[2], out resources))))
            cursor = new EventCursor(nodes, log, resources);
        else
            return false;
        return true;
    }

    private static bool TryNumber(string text, out long number) =>
        long.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out number) && text.Length < 16;
}
