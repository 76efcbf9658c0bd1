namespace Orleans.Runtime;

/// <summary>Identity of a grain: its type and its key.</summary>
public readonly struct GrainId : IEquatable<GrainId>, IComparable<GrainId>
{
    private readonly int _hash;

    internal GrainId(string typeName, string keyText)
    {
        TypeName = typeName;
        KeyText = keyText;
        _hash = HashCode.Combine(typeName, keyText);
    }

    /// <summary>Whether this is no identity at all.</summary>
    public bool IsDefault => KeyText is null;

    internal string TypeName { get; }

    internal string KeyText { get; }

    /// <summary>Two identities are the same.</summary>
    /// <param name="left">One.</param>
    /// <param name="right">The other.</param>
    public static bool operator ==(GrainId left, GrainId right) => left.Equals(right);

    /// <summary>Two identities differ.</summary>
    /// <param name="left">One.</param>
    /// <param name="right">The other.</param>
    public static bool operator !=(GrainId left, GrainId right) => !left.Equals(right);

    /// <summary>The identity of this type and key.</summary>
    /// <param name="type">Name of the grain's type.</param>
    /// <param name="key">The key.</param>
    /// <returns>The identity.</returns>
    public static GrainId Create(string type, string key)
    {
        ArgumentException.ThrowIfNullOrEmpty(type);
        ArgumentNullException.ThrowIfNull(key);
        return new GrainId(type, key);
    }

    /// <inheritdoc/>
    public bool Equals(GrainId other) =>
        _hash == other._hash && string.Equals(KeyText, other.KeyText) && string.Equals(TypeName, other.TypeName);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is GrainId other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => _hash;

    /// <inheritdoc/>
    public int CompareTo(GrainId other)
    {
        var byType = string.CompareOrdinal(TypeName, other.TypeName);
        return byType != 0 ? byType : string.CompareOrdinal(KeyText, other.KeyText);
    }

    /// <inheritdoc/>
    public override string ToString() => $"{TypeName}/{KeyText}";
}
