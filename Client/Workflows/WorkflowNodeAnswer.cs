using System.ComponentModel;
using System.Text.Json.Serialization;
using OrleansTasks.Client.Contract;
using OrleansTasks.Contract;
using OrleansTasks.Tasks;
using OrleansTasks.Workflows;

namespace OrleansTasks.Client.Workflows;

/// <summary>A node of a workflow, as the HTTP contract shows it.</summary>
[Schema("WorkflowNode"), Description("A node of a workflow.")]
internal sealed class WorkflowNodeAnswer
{
    private readonly WorkflowNodeView node;

    private WorkflowNodeAnswer(WorkflowNodeView node) => this.node = node;

    [Description("The node's name.")]
    public string Name => node.Name;

    [RefersTo("State")]
    public string State => node.State.Name();

    [RefersTo("Reason")]
    public string? Reason => node.Reason.Name();

    [Description("The exit code of the latest attempt.")]
    public int? ExitCode => node.ExitCode;

    [Description("Whether the workflow can succeed even if this node fails.")]
    public bool MayFail => node.MayFail;

    [Description("The nodes that must end before it starts.")]
    public IEnumerable<WorkflowEdgeAnswer> After =>
        node.After.Zip(node.On, static (name, on) => new WorkflowEdgeAnswer(name, on));

    [Description("For a node with forEach or a job: the node's own task, which has no attempts.")]
    public TaskId Task => node.Task;

    [Description("Only for a node that runs a job: the job of the current run; null before it starts.")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IdOrNull? Job => node.IsJob ? new IdOrNull(node.Job) : null;

    [Description("When the node's latest attempt started; with forEach, when the first item started; with a job, when "
        + "the job started.")]
    public Timestamp? StartedAt => node.StartedAt;

    [Description("When the node ended.")]
    public Timestamp? EndedAt => node.EndedAt;

    [Description("What makes the node one task for each item of a list.")]
    public ForEachAnswer? ForEach =>
        node.ForEach is { } each ? new ForEachAnswer(each.Node, each.From, each.Select) : null;

    [Description("The items of a node with forEach.")]
    public WorkflowItemsAnswer? Elements =>
        node.Items is { } items
            ? new WorkflowItemsAnswer(items.Total, CountMap.OfStates(state => items.ByState[(int)state]))
            : null;

    [Description("Why a node with forEach has no list.")]
    public string? Detail => node.Items?.Fault;

    /// <summary>The example of the contract.</summary>
    public static WorkflowNodeAnswer Example => Of(new WorkflowNodeView(
        1, "test", Examples.Id, TaskState.Succeeded, EndReason.Exit, 0, ["build"], [EndCondition.Succeeded],
        MayFail: false)
    {
        StartedAt = Examples.Time, EndedAt = Examples.Time + 9, IsJob = true, Job = Examples.Id,
        ForEach = new ForEachView("build", ItemsFrom.Result, "/shards"),
        Items = new ItemCounts(2, [0, 0, 0, 0, 2, 0, 0], null),
    });

    /// <summary>Returns the answer of a node.</summary>
    public static WorkflowNodeAnswer Of(WorkflowNodeView node) => new(node);
}

/// <summary>A node for which another waits, as the HTTP contract shows it.</summary>
internal sealed record WorkflowEdgeAnswer(
    [property: Description("The node's name.")]
    string Node,
    [property: Description("How it must end.")]
    EndCondition On);

/// <summary>What makes a node one task for each item of a list, as the HTTP contract shows it.</summary>
internal sealed record ForEachAnswer(
    [property: Description("The node that writes the list.")]
    string Node,
    [property: Description("Where in its output the list is.")]
    ItemsFrom From,
    [property: Description("A JSON pointer to the array in the result; for artifacts, a pattern of their paths.")]
    string Select);

/// <summary>The items of a node, as the HTTP contract shows them.</summary>
internal sealed record WorkflowItemsAnswer(
    [property: Description("The number of items; null until the list has been read.")]
    int? Total,
    [property: Description("The number of item tasks in each state."), RefersTo("Counts")]
    CountMap ByState);
