using System.Text.Json.Nodes;
using OrleansTasks.Access;
using OrleansTasks.Audit;
using OrleansTasks.Tasks;

namespace OrleansTasks.Cli.Keys;

/// <summary>
/// Says who made or revoked a key on the store itself. There is no key that proves it; the name of the system's user is
/// a claim.
/// </summary>
internal static class KeyAudit
{
    /// <summary>The record of a new key.</summary>
    public static AuditRecord OfCreation(KeyRecord key, long at) => Of(AuditActions.CreateKey, key.Id, at) with
    {
        After = new JsonObject
        {
            ["name"] = key.Name,
            ["scopes"] = new JsonArray([.. ScopeNames.Of(key.Scopes).Select(static scope => JsonValue.Create(scope))]),
        }.ToJsonString(),
    };

    /// <summary>The record of a revocation.</summary>
    public static AuditRecord OfRevocation(string id, long at) => Of(AuditActions.RevokeKey, id, at);

    private static AuditRecord Of(string action, string id, long at)
    {
        var user = Environment.UserName;
        var source = new TaskIdSource(TimeProvider.System, new Random());
        return new AuditRecord(
            new Origin(source.Next(0), action, id)
            {
                Says = user.Length > 0 && Origin.Fits(user, Origin.LongestActor) ? user : null,
            },
            at, 1);
    }
}
