namespace OrleansTasks.Tasks;

/// <summary>A label of a task or a node, or one that a task requires of its node.</summary>
/// <param name="Key">The key, which matches <c>[a-z0-9][a-z0-9._/-]{0,62}</c>.</param>
/// <param name="Value">The value: up to 256 characters without control characters.</param>
[GenerateSerializer, Immutable, Alias("ot.Label")]
public readonly record struct Label([property: Id(0)] string Key, [property: Id(1)] string Value)
{
    /// <summary>
    /// Whether the label is <c>handler/NAME</c>: a worker offers that handler, or a task requires it.
    /// </summary>
    public bool NamesHandler => Key.StartsWith("handler/", StringComparison.Ordinal);
}
