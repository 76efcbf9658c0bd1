using System.CommandLine;
using OrleansTasks.Cli.Api;
using static OrleansTasks.Cli.SpecFields;

namespace OrleansTasks.Cli.Tasks;

/// <summary>
/// The options that filter tasks. In a command that changes tasks, <c>--reason</c> is the reason for the change, so
/// only <c>--end-reason</c> filters by the reason of a task's end; other commands take both names for that filter.
/// </summary>
internal sealed class FilterOptions
{
    private readonly Option<string?> state = Text("--state", "STATE", "in this state: scheduled, queued, assigned, "
        + "running, succeeded, failed or cancelled");
    private readonly Option<string?> queue = Text("--queue", "NAME", "of this queue");
    private readonly Option<string?> node = Text("--node", "ID", "on this node");
    private readonly Option<string?> name = Text("--name", "NAME", "with this name");
    private readonly Option<string?> after = Text("--created-after", "TIME", "created after this time: 6h for six "
        + "hours ago, or 2030-01-02T03:04:05Z");
    private readonly Option<string?> before = Text("--created-before", "TIME", "created before this time");
    private readonly Option<string?> reason = Text("--end-reason", "REASON", "ended for this reason, such as timeout");
    private readonly Option<long?> exitCode = NumberOption.Whole("--exit-code", "with this exit code", "0-255");
    private readonly Option<string?> quarantined = Text("--quarantined", "true|false", "true: failed because their "
        + "nodes were lost too often; false: all others");
    private readonly Option<string?> fingerprint = Text("--fingerprint", "DIGITS", "failed with this fingerprint; see otask failures");
    private readonly Option<string?> text = Text("--search", "TEXT", "whose name or command contains this text, ignoring case");
    private readonly Option<string?> batch = Text("--batch", "ID", "of this batch");
    private readonly Option<string?> workflow = Text("--workflow", "ID", "of this workflow");
    private readonly Option<string?> definition = Text("--definition", "NAME", "that this definition started, or a workflow of it");
    private readonly Option<string?> endedAfter = Text("--ended-after", "TIME", "ended after this time");
    private readonly Option<string?> endedBefore = Text("--ended-before", "TIME", "ended before this time");
    private readonly Option<string?> longerThan = Text("--longer-than", "DURATION", "whose latest attempt ran longer "
        + "than this, or already has");
    private readonly Option<string[]> labels = Many("--label", "KEY=VALUE", "with this label");

    /// <summary>Adds the options to a command.</summary>
    /// <param name="command">The command.</param>
    /// <param name="hasSearch">Whether the command takes a text to look for in names and commands.</param>
    /// <param name="changesTasks">Whether the command changes the tasks that it finds.</param>
    public void AddTo(Command command, bool hasSearch = true, bool changesTasks = false)
    {
        if (!changesTasks)
            reason.Aliases.Add("--reason");
        foreach (var option in (Option[])[state, queue, node, labels, name, after, before, reason, exitCode, quarantined, fingerprint, text, batch,
            workflow, definition, endedAfter, endedBefore, longerThan])
        {
            if (hasSearch || option != text)
                command.Add(option);
        }
    }

    /// <summary>Adds the given options to a query.</summary>
    public RequestAddress Fill(RequestAddress query, ParseResult result)
    {
        query.Add("state", result.GetValue(state)).Add("queue", result.GetValue(queue)).Add("node", result.GetValue(node))
            .Add("name", result.GetValue(name)).Add("createdAfter", MomentText.Past(result.GetValue(after))).Add("createdBefore", MomentText.Past(result.GetValue(before)))
            .Add("reason", result.GetValue(reason)).Add("exitCode", result.GetValue(exitCode))
            .Add("quarantined", result.GetValue(quarantined)).Add("fingerprint", result.GetValue(fingerprint))
            .Add("q", result.CommandResult.Command.Options.Contains(text) ? result.GetValue(text) : null)
            .Add("batch", result.GetValue(batch)).Add("workflow", result.GetValue(workflow))
            .Add("definition", result.GetValue(definition))
            .Add("endedAfter", MomentText.Past(result.GetValue(endedAfter)))
            .Add("endedBefore", MomentText.Past(result.GetValue(endedBefore))).Add("longerThan", result.GetValue(longerThan));
        foreach (var label in result.GetValue(labels) ?? [])
            query.Add("label", label);
        return query;
    }
}
