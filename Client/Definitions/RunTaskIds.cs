using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Definitions;

/// <summary>
/// Creates the ids of the tasks of a workflow that a run starts: those that follow the run's own id. A start that is
/// repeated sends the same ids, so the queue's owner recognizes the tasks that it has stored already.
/// </summary>
/// <param name="run">The id of the run, which is also that of the workflow.</param>
internal sealed class RunTaskIds(TaskId run)
{
    private TaskId last = run;

    /// <summary>Returns the id of the next task.</summary>
    public TaskId Next() => last = last.Following();
}
