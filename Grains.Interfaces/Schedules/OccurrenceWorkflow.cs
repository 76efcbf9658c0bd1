using OrleansTasks.Tasks;
using OrleansTasks.Workflows;

namespace OrleansTasks.Schedules;

/// <summary>
/// Creates the workflow of an occurrence: the schedule's workflow with the label <c>schedule</c>. Its tasks get the
/// variables of the occurrence (<see cref="OccurrenceTask"/>), which replace variables of the same names.
/// </summary>
public static class OccurrenceWorkflow
{
    /// <summary>Creates the request that submits the workflow.</summary>
    /// <param name="id">The workflow's id.</param>
    /// <param name="schedule">The schedule's id.</param>
    /// <param name="time">The occurrence's time without jitter, in Unix milliseconds.</param>
    /// <param name="spec">The schedule's workflow as JSON in UTF-8, without <c>secretEnv</c>.</param>
    /// <param name="secretEnv">The object that <see cref="NodeSecrets"/> wrote; empty if there is none.</param>
    /// <param name="nextId">Creates the tasks' ids.</param>
    /// <param name="file">The path of the file that the occurrence is for; null if there is none.</param>
    public static SubmitRequest Of(
        TaskId id, string schedule, long time, ReadOnlyMemory<byte> spec, ReadOnlyMemory<byte> secretEnv,
        Func<TaskId> nextId, string? file = null)
    {
        var workflow = WorkflowSpecReader.ReadStored(spec.Span);
        var labels = workflow.Labels.Where(static label => label.Key != ScheduleSpec.Label)
            .Append(new Label(ScheduleSpec.Label, schedule)).OrderBy(static label => label.Key, StringComparer.Ordinal);
        var outline = WorkflowOutline.Of(workflow) with { Labels = [.. labels] };
        var tasks = WorkflowTasks.Of(
            id, workflow, spec.Span, nextId, NodeSecrets.Read(secretEnv), OccurrenceTask.Variables(schedule, time, file));
        return new SubmitRequest(tasks, id, null) { Workflow = new WorkflowStart(id, outline.Write()) };
    }
}
