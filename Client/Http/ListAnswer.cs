using System.Text.Json;

namespace OrleansTasks.Client.Http;

/// <summary>An answer that is a list: <c>items</c>, and <c>nextCursor</c>, which is null on the last page.</summary>
internal static class ListAnswer
{
    /// <summary>Sends a list.</summary>
    /// <param name="context">The call.</param>
    /// <param name="items">The items.</param>
    /// <param name="write">Writes an item.</param>
    /// <param name="nextCursor">Leads to the next page; null on the last one.</param>
    /// <param name="isComplete">Whether nothing is missing; null when the list does not tell.</param>
    public static Task Send<T>(
        HttpContext context, IEnumerable<T> items, Action<Utf8JsonWriter, T> write, string? nextCursor = null,
        bool? isComplete = null)
    {
        var json = JsonAnswer.Rent();
        json.Writer.WriteStartObject();
        json.Writer.WriteStartArray("items"u8);
        foreach (var item in items)
            write(json.Writer, item);
        json.Writer.WriteEndArray();
        json.Writer.WriteString("nextCursor"u8, nextCursor);
        if (isComplete is { } complete)
            json.Writer.WriteBoolean("complete"u8, complete);
        json.Writer.WriteEndObject();
        return json.Send(context.Response);
    }

    /// <summary>Sends a page of items that were read with one item more than the page has, if there is one.</summary>
    /// <param name="context">The call.</param>
    /// <param name="found">The items of the page, and the one after it.</param>
    /// <param name="limit">How many items a page has at most.</param>
    /// <param name="write">Writes an item.</param>
    /// <param name="cursorAfter">Returns the cursor that goes on after an item.</param>
    public static Task SendPage<T>(
        HttpContext context, ImmutableArray<T> found, int limit, Action<Utf8JsonWriter, T> write,
        Func<T, string> cursorAfter) =>
        Send(context, found.Take(limit), write, found.Length > limit ? cursorAfter(found[limit - 1]) : null);
}
