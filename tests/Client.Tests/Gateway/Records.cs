using System.Text;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Tests.Gateway;

/// <summary>Tasks as a store would have them.</summary>
internal static class Records
{
    private static readonly TaskIdSource Ids = new(TimeProvider.System, new Random(1));

    public static TaskRecord Queued(TaskSubmission task, string queue) => new(
        task.Id, task.Name, queue, task.Priority, TaskState.Queued, 0, null, task.Id.CreatedAt, null, null, null, null, EndReason.None,
        null, 0, 0, false, default, task.Labels, task.Spec, null);

    public static TaskRecord New(TaskState state = TaskState.Queued, string queue = "default", string name = "x", int attempt = 0)
    {
        var id = Ids.Next();
        return new TaskRecord(
            id, name, queue, 5, state, state.IsFinal() ? Math.Max(attempt, 1) : attempt, null, id.CreatedAt, null,
            state.IsFinal() ? id.CreatedAt + 5 : null, state is TaskState.Succeeded ? 0 : null, null,
            state.IsFinal() ? EndReason.Exit : EndReason.None, null, 0, 0, false, default, [],
            Encoding.UTF8.GetBytes("""{"cmd":"x"}"""), null);
    }
}
