using System.ComponentModel;
using OrleansTasks.Client.Contract;
using OrleansTasks.Contract;

namespace OrleansTasks.Client.Nodes;

/// <summary>A join token, as the HTTP contract shows it once.</summary>
[Schema("JoinToken"), Description("A token with which a worker joins.")]
internal sealed record JoinTokenAnswer(
    [property: Description("The token with which one worker can join, as --token or OTASK_JOIN_TOKEN.")]
    string Token,
    [property: Description("When the token becomes invalid.")]
    Timestamp ExpiresAt)
{
    /// <summary>The example of the contract.</summary>
    public static JoinTokenAnswer Example => new("otj_kJ3…", Examples.Time + 3_600_000);
}
