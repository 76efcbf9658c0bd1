using System.ComponentModel;
using System.Globalization;
using System.Text.Json.Serialization;
using OrleansTasks.Client.Contract;
using OrleansTasks.Client.Feed;
using OrleansTasks.Contract;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Tasks;

/// <summary>Counts of tasks, as the HTTP contract shows them.</summary>
/// <param name="summary">The counts.</param>
internal abstract class SummaryMembers(TaskSummary summary)
{
    /// <summary>The counts of the examples.</summary>
    protected static TaskSummary ExampleCounts => new(
        2, [KeyValuePair.Create(TaskState.Succeeded, 2L)], [KeyValuePair.Create("w1", 2L)], [KeyValuePair.Create(0, 2L)]);

    [Description("The number of tasks.")]
    public long Total => summary.Total;

    [Description("The number of tasks by state, without states that no task has."), RefersTo("Counts")]
    public CountMap ByState => new(summary.ByState.Select(static one => KeyValuePair.Create(one.Key.Name(), one.Value)));

    [Description("The number of tasks by the node of their latest attempt."), RefersTo("Counts")]
    public CountMap ByNode => new(summary.ByNode);

    [Description("The number of tasks by exit code."), RefersTo("Counts")]
    public CountMap ByExitCode => new(summary.ByExitCode.Select(static one =>
        KeyValuePair.Create(one.Key.ToString(CultureInfo.InvariantCulture), one.Value)));
}

/// <summary>The counts of the tasks that filters match.</summary>
[Schema("TaskSummary"), Description("How many tasks match.")]
internal sealed class SummaryAnswer : SummaryMembers
{
    private SummaryAnswer(TaskSummary summary)
        : base(summary)
    {
    }

    /// <summary>The example of the contract.</summary>
    public static SummaryAnswer Example => new(ExampleCounts);

    /// <summary>Returns the answer of counts.</summary>
    public static SummaryAnswer Of(TaskSummary summary) => new(summary);
}

/// <summary>How far a batch is.</summary>
[Schema("Batch"), Description("How far a batch, or the tasks of a workflow, are.")]
internal sealed class BatchAnswer : SummaryMembers
{
    private readonly TaskSummary summary;

    private BatchAnswer(TaskId id, TaskSummary summary)
        : base(summary) => (Id, this.summary) = (id, summary);

    [Description("The batch's id."), JsonPropertyOrder(-1)]
    public TaskId Id { get; }

    [Description("Whether every task has ended."), JsonPropertyOrder(1)]
    public bool Ended => BatchWaits.HasEnded(summary);

    /// <summary>The example of the contract.</summary>
    public static BatchAnswer Example => new(Examples.Id, ExampleCounts);

    /// <summary>Returns the answer of a batch.</summary>
    public static BatchAnswer Of(TaskId id, TaskSummary summary) => new(id, summary);
}
