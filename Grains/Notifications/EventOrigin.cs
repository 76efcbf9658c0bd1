using OrleansTasks.Definitions;
using OrleansTasks.Schedules;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;
using OrleansTasks.Webhooks;

namespace OrleansTasks.Notifications;

/// <summary>What an event is about, and what started it.</summary>
/// <param name="Name">Its name; null if it has none.</param>
/// <param name="Queue">Its queue; null if unknown.</param>
/// <param name="Labels">Its labels.</param>
internal sealed record EventOrigin(string? Name, string? Queue, ImmutableArray<Label> Labels)
{
    /// <summary>Whether it is a task of a workflow. A notification reports the workflow instead.</summary>
    public bool IsPart { get; init; }

    /// <summary>Why it failed, for people; empty if unknown.</summary>
    public string Why { get; init; } = "";

    /// <summary>The definition that started it; null if none did.</summary>
    public string? Definition => Labels.FirstOrDefault(static label => label.Key == DefinitionLabels.Name).Value;

    /// <summary>The schedule that started it, or the schedule itself; null if there is none.</summary>
    public string? Schedule
    {
        get => field ?? Labels.FirstOrDefault(static label => label.Key == ScheduleSpec.Label).Value;
        init;
    }

    /// <summary>What fails and recovers: the schedule or the definition; null if there is neither.</summary>
    public string? Key => Schedule is { } schedule ? $"schedule {schedule}"
        : Definition is { } definition ? $"definition {definition}"
        : null;

    /// <summary>Returns whether it fits the conditions of a notification.</summary>
    public bool Passes(NotificationSpec spec) => Matches(spec.Queue, Queue) && Matches(spec.Definition, Definition)
        && Matches(spec.Schedule, Schedule) && spec.Labels.All(Labels.Contains);

    /// <summary>Reads what an event is about.</summary>
    public static async Task<EventOrigin> Of(StoredEvent found, ITaskStore tasks)
    {
        if (found.Type != WebhookTypes.Task)
        {
            var subject = await EventSubjects.Read(tasks, found);
            return new EventOrigin(subject.Name, subject.Queue, subject.Labels) { Schedule = subject.Schedule };
        }

        return await tasks.Get(found.Entry.Task) is { } task
            ? new EventOrigin(task.Name, task.Queue, task.Labels)
            {
                IsPart = task.WorkflowNode is not null,
                Why = task.ExitCode is { } code ? $"{task.Reason.Name()} {code}" : task.Reason.Name() ?? "",
            }
            : new EventOrigin(null, null, []);
    }

    private static bool Matches(string? pattern, string? value) =>
        pattern is null || (value is not null && DefinitionName.Matches(pattern, value));
}
