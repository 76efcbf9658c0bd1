using System.Text.Json.Serialization;
using OrleansTasks.Client.Tasks;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Live;

/// <summary>The progress of a running task, as ticks show it.</summary>
/// <param name="running">The task and its progress.</param>
internal sealed class BoardProgress(RunningProgress running) : TaskProgressAnswer(running.Progress, running.StartedAt)
{
    /// <summary>The task's id.</summary>
    [JsonPropertyOrder(-1)]
    public TaskId Id => running.Task;
}
