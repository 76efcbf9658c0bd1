namespace OrleansTasks.Webhooks;

/// <summary>The names of types in the HTTP contract.</summary>
public static class WebhookTypeNames
{
    private static readonly string[] Names = ["task", "job", "node", "queue", "schedule", "workflow"];

    /// <summary>Every name, in order.</summary>
    public static IReadOnlyList<string> All => Names;

    /// <summary>The names of the given types, in order.</summary>
    public static IEnumerable<string> Of(WebhookTypes types) => Names.Where((_, i) => ((int)types & (1 << i)) != 0);

    /// <summary>The type with a name; null for another name.</summary>
    public static WebhookTypes? Find(string name) =>
        Array.IndexOf(Names, name) is var index and >= 0 ? (WebhookTypes)(1 << index) : null;
}
