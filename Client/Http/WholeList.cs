using System.Text.Json;

namespace OrleansTasks.Client.Http;

/// <summary>An answer that is a list without further pages.</summary>
internal static class WholeList
{
    /// <summary>Sends the list.</summary>
    /// <param name="context">The call.</param>
    /// <param name="items">The items.</param>
    /// <param name="write">Writes an item.</param>
    public static Task Send<T>(HttpContext context, IEnumerable<T> items, Action<Utf8JsonWriter, T> write)
    {
        var json = JsonAnswer.Rent();
        json.Writer.WriteStartObject();
        json.Writer.WriteStartArray("items"u8);
        foreach (var item in items)
            write(json.Writer, item);
        json.Writer.WriteEndArray();
        json.Writer.WriteNull("nextCursor"u8);
        json.Writer.WriteEndObject();
        return json.Send(context.Response);
    }
}
