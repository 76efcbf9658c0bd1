using OrleansTasks.Tasks;
using OrleansTasks.Workflows;

namespace OrleansTasks.Storage.Memory;

/// <summary>The workflows that a memory store holds. Not safe for several threads at once.</summary>
internal sealed class MemoryWorkflows
{
    private readonly SortedDictionary<TaskId, StoredWorkflow> byId = [];
    private readonly SortedDictionary<(int Partition, long No), StoredWorkflow> byNo = [];

    /// <summary>Every workflow, newest first.</summary>
    internal IEnumerable<StoredWorkflow> Newest => byId.Values.Reverse();

    internal StoredWorkflow? Find(TaskId id) => byId.GetValueOrDefault(id);

    internal IEnumerable<StoredWorkflow> OpenOf(int partition) => byNo
        .Where(entry => entry.Key.Partition == partition && entry.Value.Row.State == WorkflowState.Running)
        .Select(static entry => entry.Value);

    /// <summary>Whether a task is a node of a stored workflow.</summary>
    internal bool Has(int partition, long taskNo) =>
        byNo.Any(entry => entry.Key.Partition == partition && entry.Value.Row.Has(taskNo));

    /// <summary>Why a commit cannot be stored; null when it can.</summary>
    internal string? Refuse(MemoryPartition partition, WorkflowCommit commit)
    {
        foreach (var row in commit.Rows)
        {
            var isNew = commit.Outlines.ContainsKey(row.No);
            if (isNew == byNo.ContainsKey((partition.No, row.No)) || (isNew && byId.ContainsKey(row.Id)))
                return $"The workflow {row.Id} is {(isNew ? "stored already" : "not stored")}.";
        }

        return null;
    }

    /// <summary>Applies what a commit says of workflows.</summary>
    internal void Apply(MemoryPartition partition, WorkflowCommit commit)
    {
        foreach (var row in commit.Rows)
        {
            var outline = commit.Outlines.TryGetValue(row.No, out var given)
                ? given.ToArray()
                : byNo[(partition.No, row.No)].Outline;
            byId[row.Id] = byNo[(partition.No, row.No)] = new StoredWorkflow(partition.Key, row, outline);
        }
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
        }
    }
}
