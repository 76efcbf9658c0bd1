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
    /// Returns what names a definition. The result may lack a schedule or definition that is stored during the call.
    /// That does no harm: the schedule keeps a copy of what it starts, and the definition reports the missing one at
    /// its next run. The transaction that deletes a definition checks triggers again.
    /// </summary>
    internal async Task<Dependents> Of(string definition, CancellationToken cancellation) => new(
        (await TriggersOf(definition)).Triggers,
        await Search(
            after => grains.Schedules.List(null, null, after, PageSize), static one => one.Id,
            one => Names(one, definition), cancellation),
        await Search(
            after => grains.Definitions.List("", after ?? "", PageSize), static one => one.Name,
            one => Names(one, definition), cancellation));

    /// <summary>Returns the triggers that name a definition.</summary>
    internal async Task<Dependents> TriggersOf(string definition) =>
        new(await grains.Triggers.Uses(definition, MostShown), [], []);

    private static async Task<ImmutableArray<string>> Search<T>(
        Func<string?, Task<ImmutableArray<T>>> pageAfter, Func<T, string> keyOf, Func<T, bool> isFound,
        CancellationToken cancellation)
    {
        var found = ImmutableArray.CreateBuilder<string>();
        for (string? after = null; ;)
        {
            cancellation.ThrowIfCancellationRequested();
            var page = await pageAfter(after);
            found.AddRange(page.Where(isFound).Select(keyOf));
            if (page.Length < PageSize || found.Count >= MostShown)
                return [.. found.Take(MostShown)];
            after = keyOf(page[^1]);
        }
    }

    /// <summary>Returns whether a schedule names a definition, itself or in a node of its workflow.</summary>
    internal static bool Names(ScheduleView schedule, string definition)
    {
        if (!JsonFields.MayHave(schedule.Spec.Span, "\"definition\""u8))
            return false;
        using var document = JsonDocument.Parse(schedule.Spec);
        var root = document.RootElement;
        var isNamed = JsonFields.TryGet(root, "definition", out var named)
            && JsonFields.TryGet(named, "name", out var name) && name.ValueEquals(definition);
        return isNamed
            || (JsonFields.TryGet(root, ScheduleSpec.AsWritten, out var workflow) && InNodes(workflow, definition));
    }

    /// <summary>
    /// Returns whether a definition names another one: in a node of its workflow, or as the source of choices.
    /// </summary>
    internal static bool Names(DefinitionView view, string definition)
    {
        var mayHaveNodes = view.Kind == DefinitionKind.Workflow && JsonFields.MayHave(view.Body.Span, "\"definition\""u8);
        if (!mayHaveNodes && !JsonFields.MayHave(view.Body.Span, "\"choicesFrom\""u8))
            return false;
        // Reads only the names, so that a definition that cannot be run does not keep others from being deleted.
        using var document = JsonDocument.Parse(view.Body);
        var root = document.RootElement;
        return InChoices(root, definition)
            || (mayHaveNodes && InNodes(root.GetProperty("workflow"), definition));
    }

    private static bool InChoices(JsonElement root, string definition) =>
        JsonFields.TryGet(root, "parameters", out var parameters)
        && parameters.EnumerateArray().Any(one => JsonFields.TryGet(one, "choicesFrom", out var source)
            && source.ValueEquals(definition));

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
