using System.Text.Json;
using OrleansTasks.Client.Tasks;
using OrleansTasks.Definitions;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Client.Definitions;

/// <summary>Finds the definition that another body names, and fills it with the values in that body.</summary>
/// <param name="grains">The definitions.</param>
/// <param name="time">The clock.</param>
public sealed class DefinitionUses(GatewayGrains grains, TimeProvider time)
{
    private static readonly string[] Names = ["name", "version", "parameters"];

    /// <summary>Returns what the body names; null if it added faults.</summary>
    /// <param name="named">The value that names a definition: an object with its name, version and parameters.</param>
    /// <param name="path">The path of the value.</param>
    /// <param name="errors">The object to which faults are added.</param>
    internal async Task<DefinitionUse?> Find(JsonElement named, string path, SpecErrors errors)
    {
        var before = errors.Items.Count;
        if (!JsonFields.Is(named, JsonValueKind.Object, path, errors))
            return null;
        JsonFields.CheckNames(named, Names, path, errors);
        var name = JsonFields.Text(named, "name", path, errors) ?? "";
        var version = JsonFields.Version(named, "version", errors);
        var hasParameters = JsonFields.TryGet(named, "parameters", out var given)
            && JsonFields.Is(given, JsonValueKind.Object, $"{path}.parameters", errors);
        if (errors.Items.Count > before)
            return null;
        ImmutableArray<(string Name, JsonElement Value)> parameters =
            hasParameters ? [.. given.EnumerateObject().Select(static one => (one.Name, one.Value))] : [];
        var view = DefinitionName.FaultOf(name) is null ? await grains.Definitions.Get(name, version) : null;
        if (view is null)
        {
            errors.Add($"{path}.name", "names no definition, or one without this version");
            return null;
        }

        var spec = DefinitionSpecReader.ReadStored(view.Body);
        var faults = new SpecErrors();
        var run = new DefinitionRunSpec(parameters);
        var target = DefinitionFilling.Fill(spec, run, time.GetUtcNow().ToUnixTimeMilliseconds(), faults);
        foreach (var fault in faults.Items)
            errors.Add($"{path}.{fault.Path}", fault.Message);
        return target is null ? null : new DefinitionUse(view, spec, parameters, target);
    }
}

/// <summary>A definition that a body names, with the values of that body.</summary>
/// <param name="View">The definition.</param>
/// <param name="Spec">Its body.</param>
/// <param name="Parameters">The values.</param>
/// <param name="Target">What it starts with them.</param>
internal sealed record DefinitionUse(
    DefinitionView View, DefinitionSpec Spec, ImmutableArray<(string Name, JsonElement Value)> Parameters,
    FilledTarget Target)
{
    /// <summary>The definition's name and version.</summary>
    public DefinitionRef Ref => new(View.Name, View.Version);
}
