using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Tasks;

/// <summary>The task as its first answer shows it: accepted, not started.</summary>
internal static class AcceptedTask
{
    /// <summary>Makes it from what is being submitted.</summary>
    public static TaskRecord Of(TaskSubmission task, string queue)
    {
        // Also if what it waits for has ended: only its dispatcher knows, and queues it in that case.
        var waits = task.RunAt > task.Id.CreatedAt || task.After is not null;
        return new TaskRecord(
            task.Id, task.Name, queue, task.Priority, waits ? TaskState.Scheduled : TaskState.Queued, 0, null,
            waits ? null
                : task.Id.CreatedAt, null, null, null, null, EndReason.None, null, 0, 0, false, default, task.Labels,
            task.Spec, null);
    }
}
