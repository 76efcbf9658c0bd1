using OrleansTasks.Tasks;

namespace OrleansTasks.Trust;

/// <summary>The terms of a join token: the node names for which it is valid, and the labels that it gives.</summary>
/// <param name="Node">The names that a joining node may have, as a <see cref="NamePattern"/>.</param>
/// <param name="Labels">
/// The labels of a node that joins, sorted by key. Only tokens can give labels with these keys.
/// </param>
[GenerateSerializer, Immutable, Alias("ot.TokenTerms")]
public sealed record TokenTerms([property: Id(0)] string Node, [property: Id(1)] ImmutableArray<Label> Labels)
{
    /// <summary>Terms that allow any name and give no labels.</summary>
    public static TokenTerms Any { get; } = new("*", []);
}
