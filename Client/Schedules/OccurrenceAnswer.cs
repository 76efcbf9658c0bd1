using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using OrleansTasks.Client.Contract;
using OrleansTasks.Contract;
using OrleansTasks.Schedules;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Schedules;

/// <summary>An occurrence of a schedule, as the HTTP contract shows it.</summary>
[Schema("Occurrence"), Description("A time of a schedule, and what became of it.")]
internal sealed class OccurrenceAnswer
{
    private readonly OccurrenceView occurrence;

    private OccurrenceAnswer(OccurrenceView occurrence) => this.occurrence = occurrence;

    [Description("The time before jitter; for several occurrences, the first.")]
    public Timestamp Time => occurrence.At;

    [Description("The time of the last of several consecutive skipped or missed occurrences.")]
    public Timestamp Until => occurrence.Until;

    [Description("The number of occurrences."), Range(1, double.PositiveInfinity)]
    public long Count => occurrence.Count;

    [Description("Why it occurred: its time came, a caller triggered it, a backfill covers it, or a file appeared.")]
    public OccurrenceKind Kind => occurrence.Kind;

    [Description("What became of it.")]
    public OccurrenceOutcome Outcome => occurrence.Outcome;

    [Description("Why the occurrence was skipped.")]
    public SkipReason? Reason => occurrence.Reason == SkipReason.None ? null : occurrence.Reason;

    [Description("The path of the file that it is for; null if it is for none.")]
    public string? File => occurrence.File;

    [Description("When the occurrence was started.")]
    public Timestamp? StartedAt => occurrence.StartedAt == 0 ? null : occurrence.StartedAt;

    [Description("The id of the task that it started.")]
    public string? Task => occurrence.Task?.ToString();

    [Description("The id of the job that it started.")]
    public string? Job => occurrence.Job?.ToString();

    [Description("The id of the workflow that it started.")]
    public string? Workflow => occurrence.Workflow?.ToString();

    [Description("The state of the task, job or workflow.")]
    public string? State => occurrence.State?.Name();

    /// <summary>The example of the contract.</summary>
    public static OccurrenceAnswer Example => Of(new OccurrenceView(
        1, Examples.Time, Examples.Time, 1, OccurrenceKind.Time, OccurrenceOutcome.Started, SkipReason.None, Examples.Time + 4,
        Examples.Id, TaskState.Succeeded, null));

    /// <summary>Returns the answer of an occurrence.</summary>
    public static OccurrenceAnswer Of(OccurrenceView occurrence) => new(occurrence);
}

/// <summary>The outcome of a backfill, as the HTTP contract shows it.</summary>
[Schema("BackfillResult"), Description("What a backfill will start.")]
internal sealed record BackfillAnswer(
    [property: Description("The number of occurrences that will start.")]
    int Accepted,
    [property: Description("The number of times that were omitted because they were started before.")]
    int LeftOut)
{
    /// <summary>The example of the contract.</summary>
    public static BackfillAnswer Example => new(4, 0);
}

/// <summary>The outcome of the end of backfills, as the HTTP contract shows it.</summary>
[Schema("BackfillCancelled"), Description("What was left of backfills.")]
internal sealed record BackfillCancelledAnswer(
    [property: Description("The number of occurrences that will not start.")]
    int Cancelled)
{
    /// <summary>The example of the contract.</summary>
    public static BackfillCancelledAnswer Example => new(2);
}
