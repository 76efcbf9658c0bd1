using OrleansTasks.Rollouts;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Memory;

/// <summary>The rollouts that a memory store holds. Not safe for several threads at once.</summary>
internal sealed class MemoryRollouts
{
    private readonly SortedDictionary<TaskId, StoredRollout> byId = [];
    private readonly SortedDictionary<(int QueueNo, long Rollout, int Place), RolloutNodeRow> nodes = [];

    /// <summary>Every rollout, newest first.</summary>
    internal IEnumerable<StoredRollout> Newest => byId.Values.Reverse();

    /// <summary>The rollouts that have not ended, by number.</summary>
    internal IEnumerable<StoredRollout> Open =>
        byId.Values.Where(static found => !found.Row.State.IsFinal()).OrderBy(static found => found.Row.No);

    internal StoredRollout? Find(TaskId id) => byId.GetValueOrDefault(id);

    internal bool IsAnyOf(int queueNo) => byId.Values.Any(found => found.QueueNo == queueNo);

    /// <summary>The nodes of a rollout, by place.</summary>
    internal IEnumerable<RolloutNodeRow> NodesOf(TaskId id) => Find(id) is { } found
        ? nodes.Where(entry => entry.Key.QueueNo == found.QueueNo && entry.Key.Rollout == found.Row.No)
            .Select(static entry => entry.Value)
        : [];

    /// <summary>Why a commit cannot be stored; null when it can.</summary>
    internal string? Refuse(RolloutCommit commit)
    {
        foreach (var row in commit.Rows)
        {
            var isNew = commit.Bodies.ContainsKey(row.No);
            if (isNew == byId.ContainsKey(row.Id))
                return $"The rollout {row.Id} is {(isNew ? "stored already" : "not stored")}.";
        }

        return null;
    }

    /// <summary>Applies a commit's changes to rollouts.</summary>
    internal void Apply(MemoryQueue queue, RolloutCommit commit)
    {
        foreach (var row in commit.Rows)
        {
            var (spec, secretEnv) = commit.Bodies.TryGetValue(row.No, out var given)
                ? (given.Spec.ToArray(), given.SecretEnv.ToArray())
                : (byId[row.Id].Spec, byId[row.Id].SecretEnv);
            byId[row.Id] = new StoredRollout(
                queue.Name, queue.No, row, spec, row.State.IsFinal() ? default : secretEnv);
        }

        foreach (var node in commit.Nodes)
            nodes[(queue.No, node.Rollout, node.Place)] = node;
    }

    /// <summary>Removes rollouts that ended before a time, with their nodes. Returns their ids.</summary>
    internal IReadOnlyList<TaskId> RemoveEnded(long before)
    {
        var ended = byId.Values.Where(found => found.Row.State.IsFinal() && found.Row.EndedAt < before).ToList();
        foreach (var found in ended)
        {
            foreach (var node in NodesOf(found.Row.Id).ToList())
                nodes.Remove((found.QueueNo, node.Rollout, node.Place));
            byId.Remove(found.Row.Id);
        }

        return [.. ended.Select(static found => found.Row.Id)];
    }
}
