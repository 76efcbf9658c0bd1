using System.ComponentModel;
using OrleansTasks.Access;
using OrleansTasks.Client.Contract;
using OrleansTasks.Contract;

namespace OrleansTasks.Client.Access;

/// <summary>The caller, as the HTTP contract shows it.</summary>
[Schema("Session"), Description("Who the caller is, and what it may do.")]
internal sealed record SessionAnswer(
    [property: Description("The name of the key; null without a key.")]
    string? Name,
    [property: Description("The id of the key; null without a key.")]
    string? KeyId,
    [property: Description("What the caller may do; without a key, all scopes if no key is required.")]
    Scopes Scopes,
    [property: Description("When the browser's session ends, or the key expires; null for never.")]
    Timestamp? ExpiresAt,
    [property: Description("Whether this gateway requires a key.")]
    bool NeedsKey)
{
    /// <summary>The example of the contract.</summary>
    public static SessionAnswer Example => new("ci", "k1", Scopes.Read | Scopes.Submit, null, NeedsKey: true);
}
