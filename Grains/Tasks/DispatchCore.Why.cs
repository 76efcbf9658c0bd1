using System.Globalization;

namespace OrleansTasks.Tasks;

internal sealed partial class DispatchCore
{
    /// <summary>Why a task is not running yet.</summary>
    public WhyReply Why(TaskId id)
    {
        if (!tasks.TryFind(id, out var slot))
            return WhyReply.None;
        ref var task = ref tasks[slot];
        if (task.State == TaskState.Scheduled)
        {
            var at = DateTimeOffset.FromUnixTimeMilliseconds(task.DueAt).ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture);
            var reason = task.Attempt > 0
                ? new WaitReason("backoff", $"Attempt {task.Attempt} failed; the next one may start at {at}.")
                : new WaitReason("not-before", $"Its runAt is {at}.");
            return new WhyReply([reason], task.DueAt);
        }

        return task.State == TaskState.Queued ? WhyQueued(ref task) : WhyReply.None;
    }

    private WhyReply WhyQueued(ref TaskSlot task)
    {
        var signature = task.Signature;
        var accepting = nodes.Values.Where(static node => node.Fleet is { Accepts: true, Slots: > 0 }).ToArray();
        if (accepting.Length == 0)
            return new WhyReply([new WaitReason("no-matching-node", "No worker node is connected and takes work.")], null);
        if (!accepting.Any(node => node.Meets(signature)))
        {
            return new WhyReply(
                [new WaitReason("no-matching-node", $"None of the {accepting.Length} nodes that take work {Asked(signature)}.")], null);
        }

        var reasons = ImmutableArray.CreateBuilder<WaitReason>();
        reasons.Add(new WaitReason("no-free-slot", "Every slot of the nodes that would do is taken."));
        var ahead = CountAhead(ref task);
        if (ahead > 0)
            reasons.Add(new WaitReason("ahead-of-it", $"{ahead} ready tasks come before it."));
        return new WhyReply(reasons.ToImmutable(), null);
    }

    private static string Asked(Signature signature)
    {
        var wishes = signature.Requires.Select(static label => $"{label.Key}={label.Value}").ToList();
        var text = wishes.Count > 0 ? "carries the labels " + string.Join(", ", wishes) : "";
        if (signature.Limits == Limits.None)
            return text;
        return (text.Length > 0 ? text + " and " : "") + "can enforce the limits " + signature.Limits;
    }

    private long CountAhead(ref TaskSlot task)
    {
        var ahead = 0L;
        foreach (var signature in signatures.All)
        {
            for (var priority = task.Priority + 1; priority < signature.Ready.Length; priority++)
                ahead += signature.Ready[priority]?.Live ?? 0;
            ahead += signature.Ready[task.Priority]?.CountBefore(tasks, task.Order) ?? 0;
        }

        return ahead;
    }
}
