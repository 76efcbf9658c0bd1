using System.Text.Json.Nodes;
using OrleansTasks.Cli.Output;

namespace OrleansTasks.Cli.Api;

/// <summary>Reads lists page by page.</summary>
internal static class Pages
{
    private const int PageSize = 1000;

    /// <summary>Reads the first items of a list.</summary>
    /// <param name="gateway">The gateway.</param>
    /// <param name="address">
    /// Returns the address of the page at a cursor, without a limit; the cursor is null for the first page.
    /// </param>
    /// <param name="wanted">The maximum number of items; 0 for all.</param>
    /// <param name="cancellation">Ends the reading.</param>
    /// <param name="cut">
    /// Receives a line if there are more items. Null if the user has given the number, and so expects the list to end.
    /// </param>
    public static async Task<JsonArray> Read(
        Gateway gateway, Func<string?, RequestAddress> address, long wanted, CancellationToken cancellation,
        TextWriter? cut = null)
    {
        var items = new JsonArray();
        string? cursor = null;
        do
        {
            var size = wanted == 0 ? PageSize : Math.Min(PageSize, wanted - items.Count);
            var page = await gateway.Get(address(cursor).Add("limit", $"{size}").ToString(), cancellation);
            foreach (var item in page.Items())
                items.Add(item.DeepClone());
            cursor = page.Field("nextCursor") is { Length: > 0 } next ? next : null;
        }
        while (cursor is not null && (wanted == 0 || items.Count < wanted));
        if (cursor is not null)
            cut?.WriteLine($"otask: only the first {wanted} are listed; --limit 0 lists all");
        return items;
    }
}
