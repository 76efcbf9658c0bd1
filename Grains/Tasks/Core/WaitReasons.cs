using System.Globalization;

namespace OrleansTasks.Tasks;

/// <summary>
/// Tells people why a task is not running yet. The codes are part of the HTTP contract; the sentences are not.
/// </summary>
internal sealed class WaitReasons(OpenTasks tasks, NodeSet nodes)
{
    /// <summary>The reasons as far as this partition's memory has them; none when a node holds the task, or it is not open here.</summary>
    public WhyReply Of(TaskId id)
    {
        if (!tasks.TryFind(id, out var slot))
            return WhyReply.None;
        ref var task = ref tasks[slot];
        return task.State switch
        {
            TaskState.Scheduled => OfScheduled(in task),
            TaskState.Queued => OfQueued(in task),
            _ => WhyReply.None,
        };
    }

    private static WhyReply OfScheduled(in TaskSlot task)
    {
        var at = DateTimeOffset.FromUnixTimeMilliseconds(task.DueAt).ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture);
        var reason = task.Attempt > 0
            ? new WaitReason("backoff", $"Attempt {task.Attempt} failed; the next one may start at {at}.")
            : new WaitReason("not-before", $"Its runAt is {at}.");
        return new WhyReply([reason], task.DueAt);
    }

    private WhyReply OfQueued(in TaskSlot task)
    {
        var signature = task.Signature;
        var accepting = nodes.All.Where(static node => node.Accepts).ToArray();
        if (accepting.Length == 0)
            return new WhyReply([new WaitReason("no-matching-node", "No worker node is connected and takes work.")], null);
        if (!accepting.Any(node => node.Meets(signature)))
        {
            return new WhyReply(
                [new WaitReason("no-matching-node", $"None of the {accepting.Length} nodes that take work {Asked(signature)}.")], null);
        }

        var reasons = ImmutableArray.CreateBuilder<WaitReason>();
        reasons.Add(new WaitReason("no-free-slot", "Every slot of the nodes that would do is taken."));
        var ahead = tasks.Ready.CountAhead(in task);
        if (ahead > 0)
            reasons.Add(new WaitReason("ahead-of-it", $"{ahead} ready tasks come before it."));
        return new WhyReply(reasons.ToImmutable(), null);
    }

    /// <summary>What the signature asks, as the predicate of "no node …"; called only when it asks for something.</summary>
    private static string Asked(Signature signature)
    {
        var wishes = signature.Requires.Select(static label => $"{label.Key}={label.Value}").ToList();
        var text = wishes.Count > 0 ? "carries the labels " + string.Join(", ", wishes) : "";
        if (signature.Limits == Limits.None)
            return text;
        return (text.Length > 0 ? text + " and " : "") + "can enforce the limits " + signature.Limits;
    }
}
