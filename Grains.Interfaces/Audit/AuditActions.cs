namespace OrleansTasks.Audit;

/// <summary>The actions that are recorded, by the names that the HTTP contract uses.</summary>
public static class AuditActions
{
    /// <summary>One task, or all that filters match.</summary>
    public const string CancelTasks = "task.cancel";

    /// <summary>One task, or all that filters match.</summary>
    public const string RetryTasks = "task.retry";

    /// <summary>A cancel or a retry of tasks was undone.</summary>
    public const string UndoTasks = "task.undo";

    /// <summary>A queue was made or changed.</summary>
    public const string PutQueue = "queue.put";

    /// <summary>A queue was deleted.</summary>
    public const string DeleteQueue = "queue.delete";

    /// <summary>A schedule was made or replaced.</summary>
    public const string PutSchedule = "schedule.put";

    /// <summary>A schedule was deleted.</summary>
    public const string DeleteSchedule = "schedule.delete";

    /// <summary>A schedule was paused.</summary>
    public const string PauseSchedule = "schedule.pause";

    /// <summary>A schedule was resumed.</summary>
    public const string ResumeSchedule = "schedule.resume";

    /// <summary>A schedule started an occurrence at once.</summary>
    public const string TriggerSchedule = "schedule.trigger";

    /// <summary>Past times of a schedule are to be started.</summary>
    public const string Backfill = "schedule.backfill";

    /// <summary>What backfills had not started was dropped.</summary>
    public const string CancelBackfill = "schedule.backfill-cancel";

    /// <summary>A workflow was cancelled.</summary>
    public const string CancelWorkflow = "workflow.cancel";

    /// <summary>A workflow was retried.</summary>
    public const string RetryWorkflow = "workflow.retry";

    /// <summary>A job was cancelled.</summary>
    public const string CancelJob = "job.cancel";

    /// <summary>A node gets no new work.</summary>
    public const string DrainNode = "node.drain";

    /// <summary>A node gets work again.</summary>
    public const string ResumeNode = "node.resume";

    /// <summary>A node was forgotten.</summary>
    public const string ForgetNode = "node.forget";

    /// <summary>A webhook was made.</summary>
    public const string CreateWebhook = "webhook.create";

    /// <summary>A webhook was changed.</summary>
    public const string PutWebhook = "webhook.put";

    /// <summary>A webhook was deleted.</summary>
    public const string DeleteWebhook = "webhook.delete";

    /// <summary>A webhook was paused.</summary>
    public const string PauseWebhook = "webhook.pause";

    /// <summary>A webhook was resumed.</summary>
    public const string ResumeWebhook = "webhook.resume";

    /// <summary>A webhook got another secret.</summary>
    public const string RotateWebhook = "webhook.rotate";

    /// <summary>An API key was made.</summary>
    public const string CreateKey = "key.create";

    /// <summary>An API key was revoked.</summary>
    public const string RevokeKey = "key.revoke";
}
