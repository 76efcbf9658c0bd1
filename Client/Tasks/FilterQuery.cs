using OrleansTasks.Client.Failures;
using OrleansTasks.Client.Http;
using OrleansTasks.Definitions;
using OrleansTasks.Tasks;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Client.Tasks;

/// <summary>The filters of lists, summaries and bulk operations.</summary>
internal static class FilterQuery
{
    /// <summary>The parameter that looks for a text in names and commands.</summary>
    public const string Text = "q";

    /// <summary>The query parameters.</summary>
    public static readonly QueryParameter[] Parameters =
    [
        new("state", "Only tasks in this state.", "failed"),
        new("queue", "Only tasks of this queue.", "default"),
        new("node", "Only tasks whose latest attempt is on this node, or was.", "w1"),
        new("label", "Only tasks with this label, as key=value; repeatable, to require several labels.", "team=blue",
            Repeats: true),
        new("name", "Only tasks with exactly this name.", "touch"),
        new("definition", "Only tasks that this definition started, or a workflow of it.", "etl/load-day"),
        new("createdAfter", "Only tasks created after this RFC 3339 time.", "2026-11-05T09:30:00Z"),
        new("createdBefore", "Only tasks created before this RFC 3339 time.", "2026-11-06T09:30:00Z"),
        new("reason", "Only tasks that ended, or whose latest attempt ended, for this reason.", "timeout"),
        new("exitCode", "Only tasks whose latest attempt had this exit code, 0 to 255.", "1"),
        new("quarantined", "true: only tasks that failed because their nodes were lost too often; false: only other tasks.", "true"),
        new("fingerprint", "Only tasks that failed with this fingerprint.", "9c1e04d27a6b35f8"),
        new(Text, "Only tasks whose name or command contains this text of 1 to 200 characters, ignoring case.", "rsync"),
        new("batch", "Only tasks of this batch.", "019f5a2c-7d10-7c3a-8b00-0342ab12cd33"),
        new("workflow", "Only tasks of this workflow; cannot be combined with batch.", "019f5a2c-7d10-7c3a-8b00-0342ab12cd33"),
        new("endedAfter", "Only tasks that ended after this RFC 3339 time.", "2026-11-05T09:30:00Z"),
        new("endedBefore", "Only tasks that ended before this RFC 3339 time.", "2026-11-06T09:30:00Z"),
        new("longerThan", "Only tasks whose latest attempt ran longer than this, or already has.", "1h30m"),
    ];

    private static readonly TimeSpan LongestRun = TimeSpan.FromDays(366);

    private static readonly string ReasonNames = string.Join(", ", EndReasons.AllNames);
    private static readonly string StateNames = string.Join(", ", TaskStates.All.Select(TaskStates.Name));

    /// <summary>Reads the filters. Throws 400 <c>bad-parameter</c>.</summary>
    /// <param name="query">The query.</param>
    /// <param name="now">The time in Unix milliseconds up to which the run time of running attempts counts.</param>
    public static TaskFilter Read(in QueryValues query, long now) => query.Count == 0
        ? TaskFilter.All
        : new TaskFilter(
            StateOf(query.Text("state")), QueueOf(query.Text("queue")), NodeOf(query.Text("node")),
                NameOf(query.Text("name")),
            LabelsOf(query), query.Time("createdAfter"), query.Time("createdBefore"),
            BatchOf(query))
        {
            Reason = ReasonOf(query.Text("reason")),
            ExitCode = query.Text("exitCode") is null ? null : query.Integer("exitCode", 0, ExitCodeSet.Largest, defaultValue: 0),
            Quarantined = query.Text("quarantined") is null ? null : query.Flag("quarantined"),
            Fingerprint = FingerprintOf(query.Text("fingerprint")),
            Text = TextOf(Text, query.Text(Text)),
            EndedAfter = query.Time("endedAfter"),
            EndedBefore = query.Time("endedBefore"),
            LongerThan = (long?)query.Duration("longerThan", LongestRun)?.TotalMilliseconds,
            Now = now,
        };

    /// <summary>Reads the filters that tasks and jobs share, without the state.</summary>
    public static TaskFilter ReadShared(in QueryValues query) => new(
        null, QueueOf(query.Text("queue")), null, NameOf(query.Text("name")), [.. query.All("label").Select(LabelOf)],
        query.Time("createdAfter"), query.Time("createdBefore"), null);

    /// <summary>Reads the name of a state. Throws 400 <c>bad-parameter</c>.</summary>
    public static TaskState? StateOf(string? text)
    {
        if (text is null)
            return null;
        return TaskStates.TryParse(text, out var state)
            ? state
            : throw QueryValues.Refuse($"'state' must be one of {StateNames}.");
    }

    private static EndReason? ReasonOf(string? text)
    {
        if (text is null)
            return null;
        return EndReasons.TryParse(text, out var reason)
            ? reason
            : throw QueryValues.Refuse($"'reason' must be one of {ReasonNames}.");
    }

    private static long? FingerprintOf(string? text)
    {
        if (text is null)
            return null;
        return Fingerprints.TryParse(text, out var fingerprint)
            ? fingerprint
            : throw QueryValues.Refuse($"'fingerprint' must be {Fingerprints.Length} hexadecimal digits, as in a failed task.");
    }

    /// <summary>Checks a search string; returns null if none was given.</summary>
    public static string? TextOf(string parameter, string? text) =>
        text is null || (text.Length is > 0 and <= SpecRules.LongestName && !text.AsSpan().ContainsAnyInRange('\0', '\x1f'))
            ? text
            : throw QueryValues.Refuse($"'{parameter}' must be 1 to {SpecRules.LongestName} characters without control characters.");

    // The tasks of a workflow have the workflow's id as their batch.
    private static TaskId? BatchOf(in QueryValues query)
    {
        var (batch, workflow) = (query.Text("batch"), query.Text("workflow"));
        if (batch is not null && workflow is not null)
            throw QueryValues.Refuse("'batch' and 'workflow' exclude each other; a workflow's id is also its batch.");
        if ((batch ?? workflow) is not { } text)
            return null;
        var name = workflow is null ? "batch" : "workflow";
        return TaskId.TryParse(text, out var id) ? id : throw QueryValues.Refuse($"'{name}' must be a {name}'s id.");
    }

    /// <summary>Checks a queue's name; returns null if none was given.</summary>
    public static string? QueueOf(string? text) =>
        text is null || SpecRules.IsQueueName(text)
            ? text
            : throw QueryValues.Refuse($"'queue' must match {SpecRules.QueueName}.");

    private static string? NodeOf(string? text) =>
        text is null || (text.Length > 0 && SpecRules.FaultOfText(text, SpecRules.LongestName) is null)
            ? text
            : throw QueryValues.Refuse("'node' must be a node's id.");

    /// <summary>Checks a task's name; returns null if none was given.</summary>
    public static string? NameOf(string? text) =>
        text is null || SpecRules.FaultOfText(text, SpecRules.LongestName) is not { } fault
            ? text
            : throw QueryValues.Refuse($"'name' {fault}.");

    // Tasks have the definition that started them as a label.
    private static ImmutableArray<Label> LabelsOf(in QueryValues query)
    {
        var labels = query.All("label").Select(LabelOf);
        if (query.Text("definition") is not { } definition)
            return [.. labels];
        return DefinitionName.FaultOf(definition) is { } fault
            ? throw QueryValues.Refuse($"'definition' {fault}.")
            : [.. labels, new Label(DefinitionLabels.Name, definition)];
    }

    private static Label LabelOf(string text)
    {
        var at = text.IndexOf('=');
        return at > 0 && SpecRules.IsLabelKey(text.AsSpan(0, at))
            && SpecRules.FaultOfLabelValue(text[(at + 1)..]) is null
            ? new Label(text[..at], text[(at + 1)..])
            : throw QueryValues.Refuse($"'label' must be key=value, with a key that matches {SpecRules.LabelKey}.");
    }
}
