using OrleansTasks.Storage;
using OrleansTasks.Tasks;
using OrleansTasks.Workflows;

namespace OrleansTasks.Schedules;

/// <summary>Starts the task, job or workflow of a schedule's occurrence in the queue.</summary>
internal sealed class OccurrenceStarts(
    Admission admission, OpenTasks tasks, OpenJobs jobs, QueueWorkflows workflows, OccurrenceIds ids)
{
    /// <summary>
    /// Returns after how many milliseconds to try again if the queue's depth has no room; null if there is room. Jobs
    /// always have room: their chunks are few, however many items they have.
    /// </summary>
    public long? RefusalOf(ScheduleTemplate template, long now) =>
        template.Target == ScheduleTarget.Job ? null : admission.RefusalOf(template.Weight, now);

    /// <summary>
    /// Starts an occurrence in a draft. Returns the id of the task, job or workflow, which is new if
    /// <paramref name="id"/> is null, and the size of the specs in bytes; null if the queue has no room.
    /// </summary>
    public (TaskId Id, long Bytes)? Start(
        string schedule, ScheduleTemplate template, OccurrenceRow occurrence, TaskId? id, long now, CommitDraft draft)
    {
        if (RefusalOf(template, now) is not null)
            return null;
        var started = id ?? ids.Next(now);
        admission.TakeIntoUse(draft);
        return (started, template.Target switch
        {
            ScheduleTarget.Task => StartTask(schedule, template, occurrence, started, now, draft),
            ScheduleTarget.Job => StartJob(schedule, template, occurrence, started, draft),
            _ => StartWorkflow(schedule, template, occurrence, started, now, draft),
        });
    }

    private long StartTask(
        string schedule, ScheduleTemplate template, OccurrenceRow occurrence, TaskId id, long now, CommitDraft draft)
    {
        var submission = OccurrenceTask.Of(
            id, schedule, occurrence.At, template.Spec, template.SecretEnv, occurrence.File);
        tasks.Accept(submission, batch: null, now, draft);
        return submission.Spec.Length;
    }

    private long StartJob(
        string schedule, ScheduleTemplate template, OccurrenceRow occurrence, TaskId id, CommitDraft draft)
    {
        var spec = OccurrenceJob.SpecOf(schedule, occurrence.At, template.Spec, occurrence.File);
        jobs.Start(id, spec, draft);
        return spec.Length;
    }

    private long StartWorkflow(
        string schedule, ScheduleTemplate template, OccurrenceRow occurrence, TaskId id, long now, CommitDraft draft)
    {
        var request = OccurrenceWorkflow.Of(
            id, schedule, occurrence.At, template.Spec, template.SecretEnv, () => ids.Next(now), occurrence.File);
        workflows.Submit(request, now, draft);
        return request.Tasks.Sum(static task => (long)task.Spec.Length);
    }
}
