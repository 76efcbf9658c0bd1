namespace Orleans.Runtime;

/// <summary>
/// Named values that travel with calls: to the callee and on to its callees, never back, and not into timers.
/// Values are taken as immutable.
/// </summary>
public static class RequestContext
{
    private static readonly AsyncLocal<Dictionary<string, object>?> Local = new();

    /// <summary>The names that have a value.</summary>
    public static IEnumerable<string> Keys => Local.Value?.Keys ?? Enumerable.Empty<string>();

    /// <summary>The names with their values.</summary>
    public static IEnumerable<KeyValuePair<string, object>> Entries => Local.Value ?? [];

    /// <summary>The value of this name.</summary>
    /// <param name="key">The name.</param>
    /// <returns>The value, or null.</returns>
    public static object? Get(string key) => Local.Value?.GetValueOrDefault(key);

    /// <summary>Gives a name a value for this call and what it calls.</summary>
    /// <param name="key">The name.</param>
    /// <param name="value">The value.</param>
    public static void Set(string key, object value)
    {
        // Copied at every write: the dictionary is shared with calls already sent.
        var values = Local.Value is { } old ? new Dictionary<string, object>(old) : [];
        values[key] = value;
        Local.Value = values;
    }

    /// <summary>Takes a name's value away.</summary>
    /// <param name="key">The name.</param>
    /// <returns>Whether there was one.</returns>
    public static bool Remove(string key)
    {
        if (Local.Value is not { } old || !old.ContainsKey(key)) return false;
        var values = new Dictionary<string, object>(old);
        values.Remove(key);
        Local.Value = values.Count == 0 ? null : values;
        return true;
    }

    /// <summary>Takes all values away.</summary>
    public static void Clear()
    {
        if (Local.Value is not null) Local.Value = null;
    }

    internal static Dictionary<string, object>? Export() => Local.Value;

    internal static void Import(Dictionary<string, object>? values)
    {
        if (!ReferenceEquals(Local.Value, values)) Local.Value = values;
    }
}
