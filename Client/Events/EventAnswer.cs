using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using OrleansTasks.Client.Contract;
using OrleansTasks.Contract;
using OrleansTasks.Events;
using OrleansTasks.Feed;
using OrleansTasks.Nodes;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Events;

/// <summary>
/// A stored event, as the HTTP contract shows it in a list. <see cref="EventJson"/> writes the same for streams and
/// webhooks, without memory of its own.
/// </summary>
[Schema("StoredEvent"), Description("Something that happened.")]
internal sealed record EventAnswer(
    [property: Description("What the event is about.")]
    [property: AllowedValues("task", "job", "node", "queue", "schedule", "workflow", "rollout")]
    string Type,
    [property: Description("The id of what the event is about; of a queue, schedule or node, its name.")]
    string Id,
    [property: Description("The new state of the resource, or what happened to it.")]
    string State,
    [property: Description("Only for a task."), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    int? Attempt,
    [property: Description("When it happened.")]
    Timestamp At)
{
    /// <summary>The example of the contract.</summary>
    public static EventAnswer Example => Of(new FeedEntry(Examples.Id, TaskState.Queued, 0), Examples.Time);

    /// <summary>Returns the answer of a transition at a time in Unix milliseconds.</summary>
    public static EventAnswer Of(FeedEntry entry, long at) => new(
        entry.IsJob ? EventHistory.JobType : EventHistory.TaskType, entry.Task.ToString(), entry.State.Name(),
        entry.IsJob ? null : entry.Attempt, at);

    /// <summary>Returns the answer of a change of a node.</summary>
    public static EventAnswer Of(NodeEvent change) =>
        new(EventHistory.NodeType, change.Node, change.State.Name(), null, change.At);

    /// <summary>Returns the answer of a change of a resource.</summary>
    public static EventAnswer Of(ResourceEvent change) =>
        new(change.Kind.Name(), change.Id, change.State.Name(), null, change.At);
}

/// <summary>Stored events, as the HTTP contract shows them.</summary>
[Schema("EventList"), Description("Stored events, newest first.")]
internal sealed record EventListAnswer(
    [property: Description("The events.")]
    IReadOnlyList<EventAnswer> Items,
    [property: Description("False if more events match than limit allows, if older events were removed, or if there "
        + "are too many to read.")]
    bool Complete)
{
    /// <summary>The cursor of the next page, as all lists have it.</summary>
    [Description("Always null.")]
    public string? NextCursor => null;

    /// <summary>The example of the contract.</summary>
    public static EventListAnswer Example => new([EventAnswer.Example], Complete: true);
}
