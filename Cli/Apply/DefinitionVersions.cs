using System.Text.Json.Nodes;
using OrleansTasks.Cli.Api;
using OrleansTasks.Cli.Definitions;
using OrleansTasks.Cli.Output;

namespace OrleansTasks.Cli.Apply;

/// <summary>
/// The latest versions of definitions, with those that the same files change, to compare them with the versions that
/// schedules keep.
/// </summary>
internal sealed class DefinitionVersions(Gateway gateway)
{
    private readonly Dictionary<string, long?> latest = new(StringComparer.Ordinal);

    /// <summary>The names of definitions that the files would create, in a run that changes nothing.</summary>
    public HashSet<string> Missing { get; } = new(StringComparer.Ordinal);

    /// <summary>Notes the version that a definition has, or would have, from now on.</summary>
    public void Note(string name, long version) => latest[name] = version;

    /// <summary>Returns the latest version of a definition; null if there is no such definition.</summary>
    public async Task<long?> Of(string name, CancellationToken cancellation)
    {
        if (latest.TryGetValue(name, out var known))
            return known;
        try
        {
            var found = await gateway.Get(DefinitionCommand.PathOf(name), cancellation);
            return latest[name] = found.Whole("version");
        }
        catch (RefusedException refused) when (refused.Status is 404)
        {
            return latest[name] = null;
        }
    }

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
