using System.Text.Json;
using OrleansTasks.Client.Tasks;
using OrleansTasks.Definitions;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Client.Definitions;

/// <summary>Finds the definition that another body names, and fills it with the values in that body.</summary>
/// <param name="grains">The definitions.</param>
/// <param name="choices">Reads the choices that definitions print.</param>
/// <param name="time">The clock.</param>
public sealed class DefinitionUses(GatewayGrains grains, ChoiceReader choices, TimeProvider time)
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
            errors.Add($"{path}.name", NodeExpansion.Missing(name, version));
            return null;
        }

        var spec = DefinitionSpecReader.ReadStored(view.Body);
        var faults = new SpecErrors();
        var run = new DefinitionRunSpec(parameters);
        var target = DefinitionFilling.Fill(
            spec, run, time.GetUtcNow().ToUnixTimeMilliseconds(), faults, await NodesOf(view.Name, spec));
        foreach (var fault in faults.Items)
            errors.Add($"{path}.{fault.Path}", fault.Message);
        return target is null ? null : new DefinitionUse(view, spec, target);
    }

    /// <summary>
    /// Returns the definitions that nodes of a definition's workflow name, and the choices of the definition and of
    /// these, to run it.
    /// </summary>
    internal async Task<NodeScope> NodesOf(string name, DefinitionSpec spec)
    {
        var book = new DefinitionBook();
        if (spec.Kind == DefinitionKind.Workflow)
            await Gather(spec.Target, book);
        await choices.Read(book, DefinitionBook.SourcesOf(spec).Concat(book.ChoiceSources));
        return new NodeScope(book, [name]);
    }

    /// <summary>
    /// Returns the definitions that nodes of a definition's workflow name, to store it. Printed choices are not checked.
    /// </summary>
    internal async Task<NodeScope> NodesToStore(string name, DefinitionSpec spec)
    {
        var book = new DefinitionBook { ChecksChoices = false };
        if (spec.Kind == DefinitionKind.Workflow)
            await Gather(spec.Target, book);
        return new NodeScope(book, [name]);
    }

    /// <summary>
    /// Returns the definitions that nodes of a workflow name, those of nodes of their workflows included, and their
    /// choices.
    /// </summary>
    internal async Task<DefinitionBook> NodesIn(JsonElement workflow)
    {
        var book = new DefinitionBook();
        await Gather(workflow, book);
        await choices.Read(book, book.ChoiceSources);
        return book;
    }

    private async Task Gather(JsonElement workflow, DefinitionBook book)
    {
        var bytes = 0L;
        var asked = DefinitionBook.NamedIn(workflow);
        // The workflows inside each other may be as deep as allowed, and the last one may name tasks and jobs.
        for (var depth = 0; depth <= ServiceLimits.DefinitionDepth && asked.Count > 0; depth++)
        {
            var next = new HashSet<(string Name, long? Version)>();
            foreach (var one in asked.Where(one => !book.TryGet(one, out _)))
            {
                book.IsCut = book.Count == ServiceLimits.NodeDefinitions || bytes > ServiceLimits.LargeBodyBytes;
                if (book.IsCut)
                    return;
                if (await grains.Definitions.Get(one.Name, one.Version) is not { } view)
                    continue;
                book.Add(one, view);
                bytes += view.Body.Length;
                if (view.Kind == DefinitionKind.Workflow && book.TryGet(one, out var added))
                    next.UnionWith(DefinitionBook.NamedIn(added.Spec.Target));
            }

            asked = next;
        }
    }
}

/// <summary>A definition that a body names, with the values of that body.</summary>
/// <param name="View">The definition.</param>
/// <param name="Spec">Its body.</param>
/// <param name="Target">What it starts with them.</param>
internal sealed record DefinitionUse(DefinitionView View, DefinitionSpec Spec, FilledTarget Target)
{
    /// <summary>The definition's name and version.</summary>
    public DefinitionRef Ref => new(View.Name, View.Version);
}
