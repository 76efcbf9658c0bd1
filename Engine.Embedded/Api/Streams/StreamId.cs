namespace Orleans.Runtime;

/// <summary>Identity of a stream: its namespace and its key.</summary>
public readonly struct StreamId : IEquatable<StreamId>
{
    private readonly string? _namespace;
    private readonly string _key;

    private StreamId(string? ns, string key)
    {
        _namespace = ns;
        _key = key;
    }

    /// <summary>Two identities are the same.</summary>
    /// <param name="s1">One.</param>
    /// <param name="s2">The other.</param>
    public static bool operator ==(StreamId s1, StreamId s2) => s1.Equals(s2);

    /// <summary>Two identities differ.</summary>
    /// <param name="s1">One.</param>
    /// <param name="s2">The other.</param>
    public static bool operator !=(StreamId s1, StreamId s2) => !s1.Equals(s2);

    /// <summary>The identity of this namespace and key.</summary>
    /// <param name="ns">The namespace, to which grain classes subscribe.</param>
    /// <param name="key">The key, which is the subscribing grain's key.</param>
    /// <returns>The identity.</returns>
    public static StreamId Create(string? ns, string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return new StreamId(ns, key);
    }

    /// <summary>The namespace.</summary>
    /// <returns>The namespace.</returns>
    public string? GetNamespace() => _namespace;

    /// <summary>The key.</summary>
    /// <returns>The key.</returns>
    public string GetKeyAsString() => _key;

    /// <inheritdoc/>
    public bool Equals(StreamId other) =>
        string.Equals(_key, other._key) && string.Equals(_namespace, other._namespace);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is StreamId other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_namespace, _key);

    /// <inheritdoc/>
    public override string ToString() => _namespace is null ? $"null/{_key}" : $"{_namespace}/{_key}";
}
