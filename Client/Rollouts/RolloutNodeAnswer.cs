using System.ComponentModel;
using OrleansTasks.Client.Contract;
using OrleansTasks.Contract;
using OrleansTasks.Rollouts;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Rollouts;

/// <summary>A node of a rollout, as the HTTP contract shows it.</summary>
[Schema("RolloutNode"), Description("A node of a rollout.")]
internal sealed class RolloutNodeAnswer
{
    private readonly RolloutNodeView node;

    private RolloutNodeAnswer(RolloutNodeView node) => this.node = node;

    [Description("The node's id.")]
    public string Node => node.Node;

    [Description("What became of the node.")]
    public RolloutNodeState State => node.State;

    [Description("How many tasks the node was given, without those that were taken back before they started.")]
    public int Tries => node.Tries;

    [Description("The id of the latest task.")]
    public string? Task => node.Task?.ToString();

    [RefersTo("State"), Description("The task's state; null once the service has deleted the task after the retention time.")]
    public string? TaskState => node.TaskState?.Name();

    [RefersTo("Reason")]
    public string? Reason => node.Reason.Name();

    [Description("The exit code of the task's command.")]
    public long? ExitCode => node.ExitCode;

    [Description("When the task started.")]
    public Timestamp? StartedAt => RolloutAnswer.Reached(node.StartedAt);

    [Description("When the task ended.")]
    public Timestamp? EndedAt => RolloutAnswer.Reached(node.EndedAt);

    /// <summary>The example of the contract.</summary>
    public static RolloutNodeAnswer Example => Of(new RolloutNodeView(0, "w1", RolloutNodeState.Succeeded, 1, Examples.Id)
    {
        TaskState = OrleansTasks.Tasks.TaskState.Succeeded, Reason = EndReason.Exit, ExitCode = 0, StartedAt = Examples.Time,
        EndedAt = Examples.Time + 9,
    });

    /// <summary>Returns the answer of a node.</summary>
    public static RolloutNodeAnswer Of(RolloutNodeView node) => new(node);
}
