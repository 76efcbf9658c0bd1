using OrleansTasks.Events;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Workflows;

/// <summary>A round's changes to workflows: one row for each workflow that changed.</summary>
/// <param name="events">The round's events of resources, to which this adds.</param>
internal sealed class WorkflowDraft(List<ResourceChange> events)
{
    private readonly Dictionary<long, WorkflowRow> rows = [];
    private readonly Dictionary<long, ReadOnlyMemory<byte>> outlines = [];
    private readonly Dictionary<long, ItemsRow> items = [];
    private readonly Dictionary<long, ReadOnlyMemory<byte>> lists = [];
    private readonly Dictionary<long, NodeJobRow> jobs = [];

    /// <summary>Whether the round changes no workflow.</summary>
    public bool IsEmpty => rows.Count == 0 && items.Count == 0 && jobs.Count == 0;

    /// <summary>Adds a new workflow.</summary>
    public void Add(WorkflowRow row, ReadOnlyMemory<byte> outline)
    {
        outlines.Add(row.No, outline);
        Put(row);
    }

    /// <summary>Sets the row of a workflow.</summary>
    public void Put(WorkflowRow row) => rows[row.No] = row;

    /// <summary>Sets the row of a node's items, and their list if it is new.</summary>
    public void Put(ItemsRow row, byte[]? list = null)
    {
        items[row.Node] = row;
        if (list is not null)
            lists[row.Node] = list;
    }

    /// <summary>Sets the row of a node's job.</summary>
    public void Put(NodeJobRow row) => jobs[row.Node] = row;

    /// <summary>Returns the row that the round has set, or null.</summary>
    public WorkflowRow? Find(long no) => rows.GetValueOrDefault(no);

    /// <summary>Adds an event with the state of a workflow.</summary>
    public void Tell(TaskId id, WorkflowState state) =>
        events.Add(new ResourceChange(ResourceKind.Workflow, id.ToString(), state switch
        {
            WorkflowState.Running => ResourceState.Running,
            WorkflowState.Succeeded => ResourceState.Succeeded,
            WorkflowState.Failed => ResourceState.Failed,
            _ => ResourceState.Cancelled,
        }));

    /// <summary>Returns what the round's commit writes.</summary>
    public WorkflowCommit ToCommit() => new()
    {
        Rows = rows.Values, Outlines = outlines, Items = items.Values, Lists = lists, Jobs = jobs.Values,
    };
}
