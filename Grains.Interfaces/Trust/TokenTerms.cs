using System.ComponentModel;
using System.Text.Json.Serialization;
using OrleansTasks.Contract;
using OrleansTasks.Tasks;

namespace OrleansTasks.Trust;

/// <summary>
/// The terms of a join token: the node names for which it is valid, and the labels that it gives. They are also the body of
/// the call that creates one.
/// </summary>
/// <param name="Node">The names that a joining node may have, as a <see cref="NamePattern"/>.</param>
/// <param name="Labels">
/// The labels of a node that joins, sorted by key. Only tokens can give labels with these keys.
/// </param>
[GenerateSerializer, Immutable, Alias("ot.TokenTerms")]
[Schema("TokenTerms"), JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
[Description("What a worker that joins with the token may be.")]
public sealed record TokenTerms(
    [property: Description("The names that the joining node may have; * matches any characters."), DefaultValue("*")]
    [property: Id(0)] string Node,
    [property: Description("Labels of the joining node. From then on, only tokens can give labels with these keys.")]
    [property: Id(1), JsonConverter(typeof(LabelsConverter))] ImmutableArray<Label> Labels)
{
    /// <summary>Terms that allow any name and give no labels.</summary>
    public static TokenTerms Any { get; } = new("*", []);

    /// <summary>The example of the contract.</summary>
    public static TokenTerms Example => new("gpu-*", [new Label("zone", "secure")]);
}
