using System.Text.Json;
using System.Text.Json.Nodes;
using OrleansTasks.Cli.Api;
using OrleansTasks.Cli.Definitions;
using OrleansTasks.Cli.Output;

namespace OrleansTasks.Cli.Apply;

/// <summary>
/// The latest versions of definitions, with those that the same files change, to compare them with the versions that
/// schedules keep; and the secret parameters of definitions, whose values are not shown.
/// </summary>
internal sealed class DefinitionVersions(Gateway gateway)
{
    private readonly Dictionary<string, long?> latest = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Name, long Version), HashSet<string>?> secrets = [];

    /// <summary>The names of definitions that the files would create, in a run that changes nothing.</summary>
    public HashSet<string> Missing { get; } = new(StringComparer.Ordinal);

    /// <summary>Notes the version that a definition has, or would have, from now on, with its parameters.</summary>
    public void Note(string name, long version, JsonNode? parameters)
    {
        latest[name] = version;
        secrets[(name, version)] = SecretsIn(parameters);
    }

    /// <summary>Returns the latest version of a definition; null if there is no such definition.</summary>
    public async Task<long?> Of(string name, CancellationToken cancellation)
    {
        if (latest.TryGetValue(name, out var known))
            return known;
        try
        {
            var found = await gateway.Get(DefinitionCommand.PathOf(name), cancellation);
            Note(name, found.Whole("version"), found["parameters"]);
            return latest[name];
        }
        catch (RefusedException refused) when (refused.Status is 404)
        {
            return latest[name] = null;
        }
    }

    /// <summary>
    /// Returns the names of the secret parameters of a definition; null if it cannot be read.
    /// </summary>
    /// <param name="name">The definition's name.</param>
    /// <param name="version">The version; null for the latest.</param>
    /// <param name="cancellation">Ends the call.</param>
    public async Task<HashSet<string>?> SecretsOf(string name, long? version, CancellationToken cancellation)
    {
        if ((version ?? await Of(name, cancellation)) is not { } wanted)
            return null;
        if (secrets.TryGetValue((name, wanted), out var known))
            return known;
        var address = new RequestAddress(DefinitionCommand.PathOf(name)).Add("version", wanted);
        try
        {
            var found = await gateway.Get(address.ToString(), cancellation);
            return secrets[(name, wanted)] = SecretsIn(found["parameters"]);
        }
        catch (RefusedException refused) when (refused.Status is >= 400 and < 500)
        {
            // The gateway says what is wrong with the name or the version when it is asked to store them.
            return secrets[(name, wanted)] = null;
        }
    }

    private static HashSet<string> SecretsIn(JsonNode? parameters) =>
    [
        .. (parameters as JsonArray ?? []).OfType<JsonObject>()
            .Where(static one => one["secret"]?.GetValueKind() == JsonValueKind.True)
            .Select(static one => one.Field("name")),
    ];

    /// <summary>
    /// Puts the latest version into an object that names a definition without a version, as the gateway does when it
    /// stores a schedule.
    /// </summary>
    public async Task Pin(JsonObject use, CancellationToken cancellation)
    {
        if (use["version"] is null && use.Field("name") is { Length: > 0 } name
            && await Of(name, cancellation) is { } version)
            use["version"] = version;
        if (use["parameters"] is null)
            use["parameters"] = new JsonObject();
    }
}
