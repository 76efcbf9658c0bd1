using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Tasks;

/// <summary>A task as the answer to its submission shows it: accepted but not started.</summary>
internal static class AcceptedTask
{
    /// <summary>Returns the record of a task that is being submitted.</summary>
    public static TaskRecord Of(TaskSubmission task, string queue)
    {
        // A task whose parents have all ended is also shown as scheduled: only its dispatcher knows that they have, and
        // queues it.
        var waits = task.RunAt > task.Id.CreatedAt || task.After is not null;
        return new TaskRecord(
            task.Id, task.Name, queue, task.Priority, waits ? TaskState.Scheduled : TaskState.Queued, 0, null,
            waits ? null
                : task.Id.CreatedAt, null, null, null, null, EndReason.None, null, 0, 0, false, default, task.Labels,
            task.Spec, null)
        {
            SubmittedBy = task.Submitter,
            HadSecrets = !task.SecretEnv.IsEmpty,
        };
    }
}
