using OrleansTasks.Contract;

namespace OrleansTasks.Webhooks;

/// <summary>The names of the event types in the HTTP contract.</summary>
public static class WebhookTypeNames
{
    private static readonly string[] Names = EnumNames.Of<WebhookTypes>();

    /// <summary>All names, in bit order.</summary>
    public static IReadOnlyList<string> All => Names;

    /// <summary>Returns the names of the types that are set, in bit order.</summary>
    public static IEnumerable<string> Of(WebhookTypes types) => Names.Where((_, i) => ((int)types & (1 << i)) != 0);

    /// <summary>Finds a type by name. Returns null for an unknown name.</summary>
    public static WebhookTypes? Find(string name) =>
        Array.IndexOf(Names, name) is var index and >= 0 ? (WebhookTypes)(1 << index) : null;
}
