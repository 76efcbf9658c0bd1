using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using OrleansTasks.Client.Audit;
using OrleansTasks.Client.Contract;
using OrleansTasks.Contract;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Tasks;

/// <summary>Something that happened to a task, as the HTTP contract shows it.</summary>
[Schema("TimelineEntry", List = "TaskTimeline"), Description("Something that happened to a task.")]
internal sealed class TimelineEntryAnswer
{
    private readonly TimelineEntry entry;

    private TimelineEntryAnswer(TimelineEntry entry) => this.entry = entry;

    [Description("When it happened.")]
    public Timestamp At => entry.At;

    [Description("state: the task or its attempt has a new state. request: a cancel was requested. operator: a retry was requested, or undone."),
        AllowedValues("state", "request", "operator")]
    public string Kind => entry.Kind;

    [Description("The new state of the task or of its attempt; null for a request."), RefersTo("State")]
    public string? State => entry.State?.Name();

    [Description("The attempt's number; 0 before the first.")]
    public long Attempt => entry.Attempt;

    [Description("The attempt's node; null if there is none.")]
    public string? Node => entry.Node;

    [RefersTo("Reason")]
    public string? Reason => entry.Reason.Name();

    [Description("Who requested it: the name of the key, and an unverified claim after 'says'; null if unknown.")]
    public string? By => entry.By is { } by ? RequestOrigin.NameOf(by.KeyName, by.Key, by.Says)
        : entry.Submitter is { } submitter ? RequestOrigin.NameOf(submitter.KeyName, submitter.Key, submitter.Says)
        : null;

    [Description("The header Otask-Reason of the request."), MaxLength(200)]
    public string? Comment => entry.By?.Reason;

    /// <summary>The example of the contract.</summary>
    public static TimelineEntryAnswer Example => new(new TimelineEntry(Examples.Time, TaskState.Queued, 0, null, EndReason.None));

    /// <summary>Returns the answer of an entry.</summary>
    public static TimelineEntryAnswer Of(TimelineEntry entry) => new(entry);
}
