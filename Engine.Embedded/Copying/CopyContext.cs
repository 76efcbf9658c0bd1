namespace OrleansTasks.Engine.Embedded;

/// <summary>What one copy has copied so far: an object met twice is copied once, and cycles end.</summary>
internal sealed class CopyContext
{
    private readonly Dictionary<object, object> _copies = new(ReferenceEqualityComparer.Instance);

    internal bool TryGet(object original, out object? copy) => _copies.TryGetValue(original, out copy);

    internal void Add(object original, object copy) => _copies[original] = copy;
}
