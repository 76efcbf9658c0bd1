using OrleansTasks.Tasks;
using OrleansTasks.Workflows;

namespace OrleansTasks.Storage.Memory;

/// <summary>The workflows that a memory store holds. Not safe for several threads at once.</summary>
internal sealed class MemoryWorkflows
{
    private readonly SortedDictionary<TaskId, StoredWorkflow> byId = [];
    private readonly SortedDictionary<(int QueueNo, long No), StoredWorkflow> byNo = [];

    private readonly SortedDictionary<(int QueueNo, long Node), ItemsRow> items = [];
    private readonly Dictionary<(int QueueNo, long Node), byte[]> lists = [];
    private readonly SortedDictionary<(int QueueNo, long Node), NodeJobRow> jobs = [];

    /// <summary>Every workflow, newest first.</summary>
    internal IEnumerable<StoredWorkflow> Newest => byId.Values.Reverse();

    internal StoredWorkflow? Find(TaskId id) => byId.GetValueOrDefault(id);

    internal IEnumerable<StoredWorkflow> OpenOf(int queueNo) => byNo
        .Where(entry => entry.Key.QueueNo == queueNo && entry.Value.Row.State == WorkflowState.Running)
        .Select(static entry => entry.Value);

    internal bool IsAnyOf(int queueNo) => byNo.Keys.Any(key => key.QueueNo == queueNo);

    /// <summary>Whether a task is a node of a stored workflow, or of an item of a node.</summary>
    internal bool Has(int queueNo, long taskNo) =>
        byNo.Any(entry => entry.Key.QueueNo == queueNo && entry.Value.Row.Has(taskNo))
        || items.Any(entry => entry.Key.QueueNo == queueNo && entry.Value.Has(taskNo));

    /// <summary>What is stored of the items of a workflow's nodes, in order.</summary>
    internal IEnumerable<ItemsRow> ItemsOf(int queueNo, WorkflowRow workflow) => items
        .Where(entry => entry.Key.QueueNo == queueNo && workflow.Has(entry.Key.Node))
        .Select(static entry => entry.Value);

    /// <summary>What is stored of the items of a node; null when nothing is.</summary>
    internal ItemsRow? ItemsOf(int queueNo, long node) => items.GetValueOrDefault((queueNo, node));

    /// <summary>The list of a node's items; empty when there is none.</summary>
    internal ReadOnlyMemory<byte> ListOf(int queueNo, long node) => lists.GetValueOrDefault((queueNo, node));

    /// <summary>What is stored of the jobs of a workflow's nodes, in order.</summary>
    internal IEnumerable<NodeJobRow> JobsOf(int queueNo, WorkflowRow workflow) => jobs
        .Where(entry => entry.Key.QueueNo == queueNo && workflow.Has(entry.Key.Node)).Select(static entry => entry.Value);

    /// <summary>What is stored of the job of a node; null when nothing is.</summary>
    internal NodeJobRow? JobOf(int queueNo, long node) => jobs.GetValueOrDefault((queueNo, node));

    /// <summary>Whether a job is that of a node of a stored workflow.</summary>
    internal bool Owns(TaskId job) => jobs.Values.Any(row => row.Job == job);

    /// <summary>Why a commit cannot be stored; null when it can.</summary>
    internal string? Refuse(MemoryQueue queue, WorkflowCommit commit)
    {
        foreach (var row in commit.Rows)
        {
            var isNew = commit.Outlines.ContainsKey(row.No);
            if (isNew == byNo.ContainsKey((queue.No, row.No)) || (isNew && byId.ContainsKey(row.Id)))
                return $"The workflow {row.Id} is {(isNew ? "stored already" : "not stored")}.";
        }

        return null;
    }

    /// <summary>Applies what a commit says of workflows.</summary>
    internal void Apply(MemoryQueue queue, WorkflowCommit commit)
    {
        foreach (var row in commit.Rows)
        {
            var outline = commit.Outlines.TryGetValue(row.No, out var given)
                ? given.ToArray()
                : byNo[(queue.No, row.No)].Outline;
            byId[row.Id] = byNo[(queue.No, row.No)] = new StoredWorkflow(queue.Name, row, outline);
        }

        foreach (var row in commit.Items)
            items[(queue.No, row.Node)] = row;
        foreach (var (node, list) in commit.Lists)
            lists[(queue.No, node)] = list.ToArray();
        foreach (var row in commit.Jobs)
            jobs[(queue.No, row.Node)] = row;
    }

    /// <summary>Removes what ended before a time.</summary>
    internal void RemoveEnded(long before)
    {
        foreach (var (key, found) in byNo.ToList())
        {
            if (found.Row.State == WorkflowState.Running || found.Row.EndedAt >= before)
                continue;
            byNo.Remove(key);
            byId.Remove(found.Row.Id);
            var nodes = items.Keys.Where(item => item.QueueNo == key.QueueNo && found.Row.Has(item.Node));
            foreach (var node in nodes.ToList())
            {
                items.Remove(node);
                lists.Remove(node);
            }

            foreach (var node in jobs.Keys.Where(job => job.QueueNo == key.QueueNo && found.Row.Has(job.Node)).ToList())
                jobs.Remove(node);
        }
    }
}
