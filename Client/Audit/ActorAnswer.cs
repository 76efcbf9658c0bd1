using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using OrleansTasks.Audit;
using OrleansTasks.Contract;

namespace OrleansTasks.Client.Audit;

/// <summary>Who requested a change.</summary>
[Schema("Actor"), Description("Who requested a change.")]
internal sealed record ActorAnswer(
    [property: Description("The id of the API key; null if none was required and none was sent.")]
    string? Key,
    [property: Description("The name of the key.")]
    string? Name,
    [property: Description("The header Otask-Actor, an unverified claim."), MaxLength(Origin.LongestClaim)]
    string? Says)
{
    /// <summary>The example of the contract.</summary>
    public static ActorAnswer Example => new("k3v9d2", "deploy", "olga");
}
