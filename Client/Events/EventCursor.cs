using System.Buffers.Text;
using System.Globalization;
using System.Text;
using OrleansTasks.Client.Http;

namespace OrleansTasks.Client.Events;

/// <summary>
/// A position in the events. Its text has at most 64 characters, however many queues there are. It is opaque to
/// clients, which return it as <c>Last-Event-ID</c>.
/// </summary>
/// <param name="Nodes">The last node event sent; 0 if there is none.</param>
/// <param name="Log">The last commit sent, by its number among the commits of all queues; 0 if there is none.</param>
/// <param name="Resources">The last resource event sent; 0 if there is none.</param>
internal readonly record struct EventCursor(long Nodes, long Log, long Resources)
{
    /// <summary>Returns the text form.</summary>
    public override string ToString() =>
        Base64Url.EncodeToString(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{Nodes:x8};{Log:x};{Resources:x}")));

    /// <summary>Reads <c>Last-Event-ID</c>; returns null without one. Throws 400 <c>bad-cursor</c>.</summary>
    public static EventCursor? Read(HttpRequest request)
    {
        var given = request.Headers["Last-Event-ID"].ToString();
        if (given.Length == 0)
            return null;
        return TryParse(given, out var cursor) ? cursor : throw new ProblemException(Problems.BadCursor("Last-Event-ID"));
    }

    /// <summary>Parses the text form.</summary>
    public static bool TryParse(string given, out EventCursor cursor)
    {
        cursor = default;
        if (!Base64Url.IsValid(given))
            return false;
        if (Encoding.ASCII.GetString(Base64Url.DecodeFromChars(given)).Split(';') is not [{ Length: >= 8 } first, var second, var third]
            || !TryNumber(first, out var nodes) || !TryNumber(second, out var log) || !TryNumber(third, out var resources))
            return false;
        cursor = new EventCursor(nodes, log, resources);
        return true;
    }

    private static bool TryNumber(string text, out long number) =>
        // 16 digits could make the number negative.
        long.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out number) && text.Length < 16;
}
