using System.Text.Json;

namespace OrleansTasks.Client.Http;

/// <summary>
/// An answer with a list: <c>items</c>, and <c>nextCursor</c>, which is null on the last page. The items are in memory
/// already; <see cref="LongList"/> is for those that are read from the store.
/// </summary>
internal static class ListAnswer
{
    /// <summary>Sends a list.</summary>
    /// <param name="context">The call.</param>
    /// <param name="items">The items.</param>
    /// <param name="write">Writes an item.</param>
    /// <param name="nextCursor">The cursor of the next page; null on the last page.</param>
    public static Task Send<T>(
        HttpContext context, IEnumerable<T> items, Action<Utf8JsonWriter, T> write, string? nextCursor = null)
    {
        var json = JsonAnswer.Rent();
        json.Writer.WriteStartObject();
        json.Writer.WriteStartArray("items"u8);
        foreach (var item in items)
            write(json.Writer, item);
        json.Writer.WriteEndArray();
        json.Writer.WriteString("nextCursor"u8, nextCursor);
        json.Writer.WriteEndObject();
        return json.Send(context.Response);
    }

    /// <summary>
    /// Sends a page of items, or the first of them if they are too many bytes for one answer. The caller has read one
    /// item more than fits on a page, to find out whether there is a next page.
    /// </summary>
    /// <param name="context">The call.</param>
    /// <param name="found">The items of the page and, if it exists, the one after it.</param>
    /// <param name="limit">The maximum number of items on a page.</param>
    /// <param name="write">Writes an item.</param>
    /// <param name="cursorAfter">Returns the cursor that continues after an item.</param>
    public static Task SendPage<T>(
        HttpContext context, ImmutableArray<T> found, int limit, Action<Utf8JsonWriter, T> write,
        Func<T, string> cursorAfter)
    {
        var json = JsonAnswer.Rent();
        json.Writer.WriteStartObject();
        json.Writer.WriteStartArray("items"u8);
        var sent = 0;
        for (; sent < Math.Min(limit, found.Length) && json.Writer.BytesCommitted + json.Writer.BytesPending < ServiceLimits.ListBytes; sent++)
            write(json.Writer, found[sent]);
        json.Writer.WriteEndArray();
        json.Writer.WriteString("nextCursor"u8, found.Length > sent ? cursorAfter(found[sent - 1]) : null);
        json.Writer.WriteEndObject();
        return json.Send(context.Response);
    }
}
