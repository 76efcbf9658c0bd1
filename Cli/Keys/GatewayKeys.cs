using System.Text.Json.Nodes;
using OrleansTasks.Cli.Api;
using OrleansTasks.Cli.Output;

namespace OrleansTasks.Cli.Keys;

/// <summary>
/// Creates, lists and revokes keys over HTTP. If the gateway needs keys, this takes a key with the scope admin.
/// </summary>
/// <param name="gateway">The gateway.</param>
internal sealed class GatewayKeys(Gateway gateway)
{
    private const string Path = "/api/v1/keys";

    /// <summary>Creates a key. Returns the answer, which has the key's text in <c>key</c>.</summary>
    public Task<JsonNode> Create(string name, string scopes, string? expiresAt, string? definitions, CancellationToken cancellation)
    {
        var body = new JsonObject
        {
            ["name"] = name,
            ["scopes"] = new JsonArray([.. scopes.Split(',', StringSplitOptions.TrimEntries).Select(static scope => JsonValue.Create(scope))]),
        };
        if (expiresAt is not null)
            body["expiresAt"] = expiresAt;
        if (definitions is not null)
            body["definitions"] = new JsonArray([.. definitions.Split(',', StringSplitOptions.TrimEntries).Select(static one => JsonValue.Create(one))]);
        return gateway.Post(Path, body, null, cancellation);
    }

    /// <summary>Lists the keys that are not revoked.</summary>
    public Task<JsonNode> List(CancellationToken cancellation) => gateway.Get(Path, cancellation);

    /// <summary>
    /// Revokes a key. Unless <paramref name="yes"/> is set, first asks the user to type the key's name, or its id if it
    /// has no name. Throws <see cref="NotConfirmedException"/> if the user types something else.
    /// </summary>
    public async Task Revoke(string id, bool yes, TextWriter errors, CancellationToken cancellation)
    {
        if (!yes)
        {
            if (!Confirmation.CanAsk)
            {
                throw new NotConfirmedException(
                    "Revoking a key cannot be undone. Without a terminal, --yes is required.");
            }

            var key = (await List(cancellation)).Items().FirstOrDefault(one => one.Field("id") == id)
                ?? throw new RefusedException($"there is no key '{id}'; 'otask key list' lists the keys.");
            var typed = string.IsNullOrWhiteSpace(key.Field("name")) ? id : key.Field("name");
            if (!new Confirmation(errors).AskFor(typed, $"This permanently revokes the key {id} and ends its sessions."))
                throw new NotConfirmedException("Nothing was changed.");
        }

        await gateway.Delete($"{Path}/{PathSegment.OfId(id)}", cancellation);
    }

    /// <summary>Returns the table of a list.</summary>
    public static Table TableOf(IEnumerable<JsonNode> keys)
    {
        var table = new Table("ID", "NAME", "SCOPES", "DEFINITIONS", "CREATED", "LAST USED", "FROM", "EXPIRES");
        foreach (var key in keys)
            table.Add(key.Field("id"), key.Field("name"),
                string.Join(',', (key["scopes"] as JsonArray ?? []).Select(static scope => scope?.ToString())),
                string.Join(',', (key["definitions"] as JsonArray ?? []).Select(static one => one?.ToString())),
                key.Field("createdAt"), key.Field("lastUsedAt"), key.Field("lastAddress"), key.Field("expiresAt"));
        return table;
    }
}
