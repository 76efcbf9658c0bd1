using System.Text.Json.Nodes;
using OrleansTasks.Cli.Output;

namespace OrleansTasks.Cli.Apply;

/// <summary>
/// The secret values among the settings of a declaration, which otask sends and never shows: what <c>secretEnv</c>
/// has, the secret of a trigger, the values of secret parameters, and the addresses of chats.
/// </summary>
/// <remarks>
/// The gateway shows neither <c>secretEnv</c> nor secret parameters of a schedule, nor the secret of a trigger. Whether
/// such a value is the one in force cannot be known, so these are hidden: they are told apart from other differences.
/// </remarks>
internal sealed class SecretValues
{
    private const string Mask = "***";
    private const string Variables = "secretEnv";

    private readonly string kind;

    // The definition of the stored trigger; empty if there is none. A file that names no definition keeps it.
    private readonly string kept;
    private readonly Dictionary<string, HashSet<string>?> parameters = new(StringComparer.Ordinal);

    private SecretValues(string kind, string kept) => (this.kind, this.kept) = (kind, kept);

    /// <summary>
    /// Returns the secret values of settings. Looks up the definitions to which the settings give values; of one that
    /// cannot be found, every value counts as secret.
    /// </summary>
    /// <param name="kind">The kind of the declaration.</param>
    /// <param name="current">The settings in force; null if the resource does not exist.</param>
    /// <param name="settings">The settings to apply.</param>
    /// <param name="versions">Knows the secret parameters of definitions.</param>
    /// <param name="cancellation">Ends the calls.</param>
    public static async Task<SecretValues> Of(
        string kind, JsonObject? current, JsonObject settings, DefinitionVersions versions,
        CancellationToken cancellation)
    {
        var secrets = new SecretValues(kind, kind == "trigger" ? current?.Field("definition") ?? "" : "");
        var named = secrets.ValuesIn(settings).Select(static place => (place.Definition, place.Version)).Distinct();
        foreach (var (definition, version) in named.ToList())
        {
            if (definition is null)
                continue;
            var names = definition.Length > 0 ? await versions.SecretsOf(definition, version, cancellation) : null;
            // Of two versions, the parameters that are secret in one of them.
            if (secrets.parameters.TryGetValue(definition, out var known))
                names = known is null || names is null ? null : [.. known.Concat(names)];
            secrets.parameters[definition] = names;
        }

        return secrets;
    }

    /// <summary>Removes the hidden values from settings. Returns their fields, with what may be shown.</summary>
    public List<(string Field, JsonNode Shown)> TakeHidden(JsonObject settings)
    {
        var hidden = SecretsIn(settings).Where(static place => place.IsHidden).ToList();
        var taken = new List<(string Field, JsonNode Shown)>();
        foreach (var place in hidden)
        {
            taken.Add((place.Path, MaskOf(place)));
            place.Owner.Remove(place.Name);
        }

        return taken;
    }

    /// <summary>Returns a copy of settings with <c>***</c> in place of each secret value.</summary>
    public JsonObject Masked(JsonObject settings)
    {
        var masked = settings.DeepClone().AsObject();
        foreach (var place in SecretsIn(masked).ToList())
            place.Owner[place.Name] = MaskOf(place);
        return masked;
    }

    private IEnumerable<Place> SecretsIn(JsonObject settings) => ValuesIn(settings).Where(IsSecret);

    private bool IsSecret(Place place) => place.Definition is not { } definition
        || (parameters.TryGetValue(definition, out var names) && names?.Contains(place.Parameter) is not false);

    // The names of variables are no secrets.
    private JsonNode MaskOf(Place place)
    {
        if (place.Name != Variables || place.Owner[Variables] is not JsonObject variables)
            return JsonValue.Create(Mask)!;
        var masked = new JsonObject();
        foreach (var (name, value) in variables)
            masked[name] = value is null || IsReference(value) ? value?.DeepClone() : JsonValue.Create(Mask);
        return masked;
    }

    // A definition's ${param.token} names a value and is none itself.
    private bool IsReference(JsonNode value) => kind == "definition" && JsonText.Text(value) is var text
        && text.StartsWith("${param.", StringComparison.Ordinal) && text.EndsWith('}');

    /// <summary>Returns the places of values that are secret, or that are if their definition says so.</summary>
    private IEnumerable<Place> ValuesIn(JsonObject settings)
    {
        IEnumerable<Place> places = kind switch
        {
            "schedule" or "definition" => EnvironmentsIn(settings, "")
                .Concat(UsesIn(settings).SelectMany(one => ParametersOf(one.Use, one.Path))),
            "trigger" => PlacesOfTrigger(settings),
            "notification" => PlacesOfNotification(settings),
            _ => [],
        };
        return places.Where(place => place.Owner[place.Name] is { } value && !IsReference(value));
    }

    // Looks everywhere, so that variables in a wrong place are not shown before the gateway refuses them.
    private IEnumerable<Place> EnvironmentsIn(JsonNode? node, string path)
    {
        if (node is JsonArray items)
        {
            for (var index = 0; index < items.Count; index++)
            {
                foreach (var place in EnvironmentsIn(items[index], $"{path}[{index}]"))
                    yield return place;
            }
        }

        if (node is not JsonObject fields)
            yield break;
        foreach (var (name, value) in fields)
        {
            var field = path.Length == 0 ? name : $"{path}.{name}";
            if (name == Variables)
                yield return new Place(fields, name, field) { IsHidden = kind == "schedule" };
            else
            {
                foreach (var place in EnvironmentsIn(value, field))
                    yield return place;
            }
        }
    }

    private static IEnumerable<(JsonObject Use, string Path)> UsesIn(JsonObject settings)
    {
        if (settings["definition"] is JsonObject own)
            yield return (own, "definition");
        if (settings["workflow"] is not JsonObject workflow || workflow["nodes"] is not JsonArray nodes)
            yield break;
        for (var index = 0; index < nodes.Count; index++)
        {
            if (nodes[index] is JsonObject node && node["definition"] is JsonObject use)
                yield return (use, $"workflow.nodes[{index}].definition");
        }
    }

    private IEnumerable<Place> ParametersOf(JsonObject use, string path)
    {
        if (use["parameters"] is not JsonObject values)
            yield break;
        long? version = use["version"] is JsonValue given && given.TryGetValue(out long number) ? number : null;
        foreach (var (name, _) in values)
        {
            yield return new Place(values, name, $"{path}.parameters.{name}")
            {
                Definition = use.Field("name"), Version = version, Parameter = name, IsHidden = kind == "schedule",
            };
        }
    }

    private IEnumerable<Place> PlacesOfTrigger(JsonObject settings)
    {
        if (settings["signature"] is JsonObject signature)
            yield return new Place(signature, "secret", "signature.secret") { IsHidden = true };
        if (settings["parameters"] is not JsonObject sources)
            yield break;
        var definition = settings.Field("definition") is { Length: > 0 } own ? own : kept;
        foreach (var (name, source) in sources)
        {
            if (source is JsonObject constant)
            {
                yield return new Place(constant, "value", $"parameters.{name}.value")
                {
                    Definition = definition, Parameter = name,
                };
            }
        }
    }

    private static IEnumerable<Place> PlacesOfNotification(JsonObject settings)
    {
        if (settings["to"] is not JsonObject to)
            yield break;
        foreach (var channel in (string[])["slack", "teams"])
            yield return new Place(to, channel, $"to.{channel}");
    }

    /// <summary>The place of a value.</summary>
    /// <param name="Owner">The object that has it.</param>
    /// <param name="Name">The name of the member.</param>
    /// <param name="Path">The path from the settings.</param>
    private sealed record Place(JsonObject Owner, string Name, string Path)
    {
        /// <summary>Whether the gateway never shows it.</summary>
        public bool IsHidden { get; init; }

        /// <summary>The definition that says whether it is secret; null if it is secret in any case.</summary>
        public string? Definition { get; init; }

        /// <summary>The version of that definition; null for the latest.</summary>
        public long? Version { get; init; }

        /// <summary>The parameter of that definition.</summary>
        public string Parameter { get; init; } = "";
    }
}
