using System.Text.Json;
using OrleansTasks.Client.Tasks;
using OrleansTasks.Definitions;
using OrleansTasks.Schedules;

namespace OrleansTasks.Client.Definitions;

/// <summary>Finds what names a definition, so that nobody deletes a definition that something needs.</summary>
/// <param name="grains">The triggers, schedules and definitions.</param>
public sealed class DefinitionDependents(GatewayGrains grains)
{
    // The most of each kind that an answer names.
    private const int MostShown = 20;

    // A stored body may have a megabyte.
    private const int PageSize = 16;

    /// <summary>
    /// Returns what names a definition. What is stored at the same moment may be missing. That does no harm: a schedule
    /// has stored what it starts, and a definition says at its next run that its node names nothing. Triggers alone are
    /// checked by the transaction that deletes the definition.
    /// </summary>
    internal async Task<Dependents> Of(string definition) => new(
        await grains.Triggers.Uses(definition, MostShown), await Schedules(definition), await Definitions(definition));

    private async Task<ImmutableArray<string>> Schedules(string definition)
    {
        var found = ImmutableArray.CreateBuilder<string>();
        for (string? after = null; ;)
        {
            var page = await grains.Schedules.List(null, null, after, PageSize);
            found.AddRange(page.Where(one => Names(one, definition)).Select(static one => one.Id));
            if (page.Length < PageSize || found.Count >= MostShown)
                return [.. found.Take(MostShown)];
            after = page[^1].Id;
        }
    }

    private async Task<ImmutableArray<string>> Definitions(string definition)
    {
        var found = ImmutableArray.CreateBuilder<string>();
        for (var after = ""; ;)
        {
            var page = await grains.Definitions.List("", after, PageSize);
            found.AddRange(page.Where(one => Names(one, definition)).Select(static one => one.Name));
            if (page.Length < PageSize || found.Count >= MostShown)
                return [.. found.Take(MostShown)];
            after = page[^1].Name;
        }
    }

    /// <summary>Returns whether a schedule names a definition, itself or in a node of its workflow.</summary>
    internal static bool Names(ScheduleView schedule, string definition)
    {
        if (schedule.Spec.Span.IndexOf("\"definition\""u8) < 0)
            return false;
        using var document = JsonDocument.Parse(schedule.Spec);
        var root = document.RootElement;
        var isNamed = JsonFields.TryGet(root, "definition", out var named)
            && JsonFields.TryGet(named, "name", out var name) && name.ValueEquals(definition);
        return isNamed
            || (JsonFields.TryGet(root, ScheduleSpec.AsWritten, out var workflow) && InNodes(workflow, definition));
    }

    /// <summary>Returns whether a node of a definition's workflow names another definition.</summary>
    internal static bool Names(DefinitionView view, string definition)
    {
        if (view.Kind != DefinitionKind.Workflow || view.Body.Span.IndexOf("\"definition\""u8) < 0)
            return false;
        using var document = JsonDocument.Parse(view.Body);
        return InNodes(document.RootElement.GetProperty("workflow"), definition);
    }

    private static bool InNodes(JsonElement workflow, string definition) =>
        DefinitionBook.NamedIn(workflow).Any(one => one.Name == definition);

    /// <summary>What names a definition.</summary>
    /// <param name="Triggers">The names of triggers.</param>
    /// <param name="Schedules">The ids of schedules.</param>
    /// <param name="Definitions">The names of definitions.</param>
    internal sealed record Dependents(
        ImmutableArray<string> Triggers, ImmutableArray<string> Schedules, ImmutableArray<string> Definitions)
    {
        /// <summary>Whether nothing names the definition.</summary>
        public bool IsEmpty => Triggers.IsEmpty && Schedules.IsEmpty && Definitions.IsEmpty;

        /// <summary>Returns the names in words.</summary>
        public override string ToString()
        {
            (string Kind, ImmutableArray<string> Names)[] all =
                [("triggers", Triggers), ("schedules", Schedules), ("definitions", Definitions)];
            return string.Join("; ", all.Where(static one => !one.Names.IsEmpty).Select(static one =>
            {
                var more = one.Names.Length == MostShown ? " and possibly more" : "";
                return $"{one.Kind} {string.Join(", ", one.Names)}{more}";
            }));
        }
    }
}
