using System.Text.Json.Nodes;
using OrleansTasks.Cli.Output;

namespace OrleansTasks.Cli.Api;

/// <summary>Reads lists page by page.</summary>
internal static class Pages
{
    /// <summary>The largest page that almost every list allows.</summary>
    public const int PageSize = 1000;

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
        TextWriter? cut = null) =>
        (await Read(gateway, address, wanted, PageSize, cancellation, cut)).List("items");

    /// <summary>
    /// Reads as many items of a list as the option <c>--limit</c> asks for. Returns them in the form of one page of the
    /// gateway. Without the option, writes a line if there are more.
    /// </summary>
    /// <param name="gateway">The gateway.</param>
    /// <param name="address">Returns the address of the list, without a limit and a cursor.</param>
    /// <param name="limit">The option's value: 0 for all; null if it was not given.</param>
    /// <param name="errors">Receives the line.</param>
    /// <param name="cancellation">Ends the reading.</param>
    /// <param name="standard">The maximum number of items without the option.</param>
    /// <param name="pageSize">The largest page that the gateway allows for this list.</param>
    public static Task<JsonNode> List(
        Gateway gateway, Func<RequestAddress> address, long? limit, TextWriter errors, CancellationToken cancellation,
        int standard = 100, int pageSize = PageSize) =>
        Read(
            gateway, cursor => address().Add("cursor", cursor), limit ?? standard, pageSize, cancellation,
            limit is null ? errors : null);

    // Returns the last page with the items of all pages.
    private static async Task<JsonNode> Read(
        Gateway gateway, Func<string?, RequestAddress> address, long wanted, int pageSize,
        CancellationToken cancellation, TextWriter? cut)
    {
        var items = new JsonArray();
        JsonNode page;
        string? cursor = null;
        do
        {
            var size = wanted == 0 ? pageSize : Math.Min(pageSize, wanted - items.Count);
            page = await gateway.Get(address(cursor).Add("limit", $"{size}").ToString(), cancellation);
            foreach (var item in page.Items())
                items.Add(item.DeepClone());
            cursor = page.Field("nextCursor") is { Length: > 0 } next ? next : null;
        }
        while (cursor is not null && (wanted == 0 || items.Count < wanted));
        if (cursor is not null)
            cut?.WriteLine($"otask: only the first {wanted} are listed; --limit 0 lists all");
        page["items"] = items;
        return page;
    }
}
