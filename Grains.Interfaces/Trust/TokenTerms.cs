using OrleansTasks.Tasks;

namespace OrleansTasks.Trust;

/// <summary>What a join token demands of the node that joins with it, and what it gives to that node.</summary>
/// <param name="Node">The names that a joining node may have: a <see cref="NamePattern"/>.</param>
/// <param name="Labels">The labels of a node that joins, sorted by key. Only such nodes may have labels with these
/// keys.</param>
[GenerateSerializer, Immutable, Alias("ot.TokenTerms")]
public sealed record TokenTerms([property: Id(0)] string Node, [property: Id(1)] ImmutableArray<Label> Labels)
{
    /// <summary>Any name, no labels.</summary>
    public static TokenTerms Any { get; } = new("*", []);
}
