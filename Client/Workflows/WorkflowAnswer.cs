using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using OrleansTasks.Client.Contract;
using OrleansTasks.Contract;
using OrleansTasks.Tasks;
using OrleansTasks.Workflows;

namespace OrleansTasks.Client.Workflows;

/// <summary>A workflow, as the HTTP contract shows it.</summary>
[Schema("Workflow"), Description("Tasks and jobs that wait for each other.")]
internal sealed class WorkflowAnswer
{
    private readonly WorkflowView workflow;

    private WorkflowAnswer(WorkflowView workflow) => this.workflow = workflow;

    [Description("The workflow's id.")]
    public TaskId Id => workflow.Id;

    [Description("The workflow's name.")]
    public string Name => workflow.Name;

    [Description("The queue of its nodes.")]
    public string Queue => workflow.Queue;

    [Description("The workflow's state."), EnumDataType(typeof(WorkflowState))]
    public string State => workflow.State.Name();

    [Description("Starts at 1 and increases with each retry."), Range(1, double.PositiveInfinity)]
    public int Run => workflow.Run;

    [Description("What it does when a node fails.")]
    public FailureRule OnFailure => workflow.OnFailure;

    [Description("The workflow's labels.")]
    public LabelMap Labels => workflow.Labels;

    [Description("When it was submitted.")]
    public Timestamp CreatedAt => workflow.Id.CreatedAt;

    [Description("When the first node started.")]
    public Timestamp? StartedAt => workflow.StartedAt;

    [Description("When the last node ended.")]
    public Timestamp? EndedAt => workflow.EndedAt;

    [Description("When its cancellation was requested.")]
    public Timestamp? CancelRequestedAt => workflow.CancelRequestedAt;

    [Description("The number of nodes.")]
    public int Nodes => workflow.ByState.Sum();

    [Description("The number of ended nodes.")]
    public int Ended =>
        TaskStates.All.Where(static state => state.IsFinal()).Sum(state => workflow.ByState[(int)state]);

    [Description("The number of nodes in each state."), RefersTo("Counts")]
    public CountMap ByState => CountMap.OfStates(state => workflow.ByState[(int)state]);

    [Description("Names of nodes that failed, except nodes that may fail. If none did and the workflow is failed, the "
        + "names of the nodes that somebody cancelled.")]
    [MaxLength(WorkflowView.MostFailedNodes)]
    public ImmutableArray<string> FailedNodes => workflow.FailedNodes;

    /// <summary>The example of the contract.</summary>
    public static WorkflowAnswer Example => Of(new WorkflowView(Examples.Id, "default", "build", WorkflowState.Running)
    {
        StartedAt = Examples.Id.CreatedAt + 4,
        ByState = [1, 0, 0, 1, 1, 0, 0],
    });

    /// <summary>Returns the answer of a workflow.</summary>
    public static WorkflowAnswer Of(WorkflowView workflow) => new(workflow);
}
