using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Webhooks;

/// <summary>
/// Reads what events are about. Keeps the last ones, because the events of a task come one after the other.
/// </summary>
internal sealed class EventSubjects(ITaskStore tasks)
{
    /// <summary>How many subjects are kept.</summary>
    private const int MostKept = 4_096;

    private readonly Dictionary<(WebhookTypes Type, string Id), EventSubject> known = [];

    /// <summary>Marks the events of a page that pass the filter of its webhook.</summary>
    public async Task Choose(EventPage page, EventChoice choice)
    {
        HashSet<(long Number, int Index)>? chosen = null;
        foreach (var undecided in page.Undecided(choice))
        {
            if (choice.WantsAbout(await Find(undecided)))
                (chosen ??= []).Add((undecided.Number, undecided.Index));
        }

        if (chosen is not null)
            page.Chosen = chosen;
    }

    /// <summary>Returns the body to send: the event with what it is about, and how a task ended.</summary>
    public async Task<ReadOnlyMemory<byte>> Body(StoredEvent sent)
    {
        if (sent is not { Type: WebhookTypes.Task, Entry.State: var state } || !state.IsFinal())
            return sent.ToJson(await Find(sent));
        var task = await tasks.Get(sent.Entry.Task);
        // A task that was retried since no longer says how this attempt ended.
        return sent.ToJson(OfTask(task) with { Ended = task?.State == state && task.Attempt == sent.Entry.Attempt ? task : null });
    }

    private async Task<EventSubject> Find(StoredEvent about)
    {
        var id = about.Id;
        if (known.TryGetValue((about.Type, id), out var subject))
            return subject;
        subject = await Read(tasks, about);
        // A schedule may be given another queue.
        if (about.Type == WebhookTypes.Schedule)
            return subject;
        if (known.Count >= MostKept)
            known.Clear();
        known[(about.Type, id)] = subject;
        return subject;
    }

    /// <summary>Reads what an event is about.</summary>
    public static async Task<EventSubject> Read(ITaskStore tasks, StoredEvent about)
    {
        var id = about.Id;
        switch (about.Type)
        {
            case WebhookTypes.Task:
                return OfTask(await tasks.Get(about.Entry.Task));
            case WebhookTypes.Job:
                return await tasks.Jobs.Get(about.Entry.Task, whole: false) is { } job
                    ? new EventSubject(job.Name, job.Queue, job.Labels) : EventSubject.Gone;
            case WebhookTypes.Workflow:
                return TaskId.TryParse(id, out var workflow) && await tasks.Workflows.Get(workflow) is { } stored
                    ? new EventSubject(stored.Row.Name, stored.Queue, stored.Row.Labels) : EventSubject.Gone;
            case WebhookTypes.Rollout:
                return TaskId.TryParse(id, out var rollout) && await tasks.Rollouts.Get(rollout) is { } found
                    ? new EventSubject(found.Row.Name, found.Queue, []) : EventSubject.Gone;
            case WebhookTypes.Schedule:
                var queue = (await tasks.Schedules.Get(id))?.Queue;
                return new EventSubject(id, queue, []) { Schedule = id, IsItsOwnName = true };
            case WebhookTypes.Queue:
                return new EventSubject(id, id, []) { IsItsOwnName = true };
            default:
                return new EventSubject(id, null, []) { IsItsOwnName = true };
        }
    }

    private static EventSubject OfTask(TaskRecord? task) =>
        task is null ? EventSubject.Gone : new EventSubject(task.Name, task.Queue, task.Labels);
}
