namespace OrleansTasks.Audit;

/// <summary>The recorded actions, by their names in the HTTP contract.</summary>
public static class AuditActions
{
    /// <summary>Cancels one task, or all tasks that filters match.</summary>
    public const string CancelTasks = "task.cancel";

    /// <summary>Retries one task, or all tasks that filters match.</summary>
    public const string RetryTasks = "task.retry";

    /// <summary>Undoes a cancel or retry of tasks.</summary>
    public const string UndoTasks = "task.undo";

    /// <summary>Creates or changes a queue.</summary>
    public const string PutQueue = "queue.put";

    /// <summary>Deletes a queue.</summary>
    public const string DeleteQueue = "queue.delete";

    /// <summary>Creates or replaces a schedule.</summary>
    public const string PutSchedule = "schedule.put";

    /// <summary>Deletes a schedule.</summary>
    public const string DeleteSchedule = "schedule.delete";

    /// <summary>Pauses a schedule.</summary>
    public const string PauseSchedule = "schedule.pause";

    /// <summary>Resumes a schedule.</summary>
    public const string ResumeSchedule = "schedule.resume";

    /// <summary>Creates or replaces a calendar.</summary>
    public const string PutCalendar = "calendar.put";

    /// <summary>Deletes a calendar.</summary>
    public const string DeleteCalendar = "calendar.delete";

    /// <summary>Starts an occurrence of a schedule immediately.</summary>
    public const string TriggerSchedule = "schedule.trigger";

    /// <summary>Starts a schedule's occurrences of a past time range.</summary>
    public const string Backfill = "schedule.backfill";

    /// <summary>Cancels a schedule's backfills: drops their occurrences that have not started.</summary>
    public const string CancelBackfill = "schedule.backfill-cancel";

    /// <summary>Cancels a workflow.</summary>
    public const string CancelWorkflow = "workflow.cancel";

    /// <summary>Retries a workflow.</summary>
    public const string RetryWorkflow = "workflow.retry";

    /// <summary>Starts a rollout.</summary>
    public const string StartRollout = "rollout.start";

    /// <summary>Lets a halted rollout go on.</summary>
    public const string ResumeRollout = "rollout.resume";

    /// <summary>Cancels a rollout.</summary>
    public const string CancelRollout = "rollout.cancel";

    /// <summary>Retries the failed nodes of a rollout.</summary>
    public const string RetryRollout = "rollout.retry";

    /// <summary>Cancels a job.</summary>
    public const string CancelJob = "job.cancel";

    /// <summary>Stops giving a node new work.</summary>
    public const string DrainNode = "node.drain";

    /// <summary>Lets a drained node take new work again.</summary>
    public const string ResumeNode = "node.resume";

    /// <summary>Forgets a node.</summary>
    public const string ForgetNode = "node.forget";

    /// <summary>Creates a webhook.</summary>
    public const string CreateWebhook = "webhook.create";

    /// <summary>Changes a webhook.</summary>
    public const string PutWebhook = "webhook.put";

    /// <summary>Deletes a webhook.</summary>
    public const string DeleteWebhook = "webhook.delete";

    /// <summary>Pauses a webhook.</summary>
    public const string PauseWebhook = "webhook.pause";

    /// <summary>Resumes a webhook.</summary>
    public const string ResumeWebhook = "webhook.resume";

    /// <summary>Replaces a webhook's secret.</summary>
    public const string RotateWebhook = "webhook.rotate";

    /// <summary>Creates or changes a definition.</summary>
    public const string PutDefinition = "definition.put";

    /// <summary>Deletes a definition.</summary>
    public const string DeleteDefinition = "definition.delete";

    /// <summary>Runs a definition.</summary>
    public const string RunDefinition = "definition.run";

    /// <summary>Creates or replaces a trigger.</summary>
    public const string PutTrigger = "trigger.put";

    /// <summary>Deletes a trigger.</summary>
    public const string DeleteTrigger = "trigger.delete";

    /// <summary>Replaces a trigger's secret.</summary>
    public const string RotateTrigger = "trigger.rotate";

    /// <summary>Runs a definition because a delivery came to a trigger.</summary>
    public const string FireTrigger = "trigger.fire";

    /// <summary>Creates or replaces a notification.</summary>
    public const string PutNotification = "notification.put";

    /// <summary>Deletes a notification.</summary>
    public const string DeleteNotification = "notification.delete";

    /// <summary>Creates an API key.</summary>
    public const string CreateKey = "key.create";

    /// <summary>Revokes an API key.</summary>
    public const string RevokeKey = "key.revoke";
}
