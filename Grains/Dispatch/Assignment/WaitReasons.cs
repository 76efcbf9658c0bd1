using System.Globalization;
using OrleansTasks.Processing.Resources;
using OrleansTasks.Resources;
using OrleansTasks.Tasks;
using OrleansTasks.Tasks.Spec;
using OrleansTasks.Workflows;

namespace OrleansTasks.Dispatch.Assignment;

/// <summary>
/// Answers <c>GET /api/v1/tasks/{id}/why</c>: why a task is not running yet, as far as the dispatcher's memory shows.
/// The codes are part of the HTTP contract; the human-readable sentences are not. Codes that hold back a whole queue are
/// those of <see cref="HoldCause"/>.
/// </summary>
/// <remarks>
/// Several reasons may hold. The first is the one to act on.
/// <code>
/// not-before         scheduled, no attempt yet: its runAt is in the future
/// backoff            scheduled after a failed attempt: its backoff is not over
/// waiting-for        scheduled: its parents, its items' tasks or its data job have not ended;
///                    tasks: the first of them; count: all of them
/// queue-paused       the queue is paused
/// blackout           queued: the queue has a blackout; until: when it ends
/// max-running        queued: the queue runs its maximum number of tasks; count: how many
/// rate-limited       queued: the queue's rate allows no start now; until: when it does
/// concurrency-key    queued: as many tasks with its concurrency key are at nodes as its limit allows, or other
///                    tasks with the key come first; count: how many wait before it
/// no-matching-node   queued: no node takes work, or no node that does meets its signature
/// node-resting       queued: matching nodes rest, because they refused tasks; count: how many; until: when the first of
///                    them may be given a task again
/// share-used         queued: the queue has its share on all matching nodes, and other queues want the rest
/// no-free-slot       queued: a node matches and no limit of the queue holds the task (OfQueued)
/// no-free-resource   queued: it asks for resources, and no matching node has them and a slot free, as far as the queue
///                    knows
/// reserved-for-larger
///                    queued: it asks for resources, and all matching nodes keep them for tasks of this queue that have
///                    waited longer
/// ahead-of-it        queued: other tasks come first
/// starting           queued: the queue is being read after a restart, and tasks not read yet may come first
/// </code>
/// </remarks>
internal sealed class WaitReasons(
    OpenTasks tasks, NodeSet nodes, QueueLimits limits, Matching matching, ItemNodes items, NodeJobs jobs, Forecasts forecasts)
{
    // What nodes can do besides enforcing limits, as the end of a sentence about a node.
    private static readonly (Limits Need, string Predicate)[] Capabilities =
    [
        (Limits.Results, "accepts results of commands"),
        (Limits.Files, "takes files"),
        (Limits.Sandbox, "can run commands in a sandbox"),
        (Limits.SandboxHosts, "lets a sandbox reach listed hosts"),
        (Limits.Container, "can run commands in containers"),
        (Limits.Pins, "gives tasks cores of their own"),
    ];

    /// <summary>
    /// Returns the reasons and the estimated start: for a scheduled task the time at which it becomes queued, for a
    /// queued one what <see cref="Forecasts"/> says. Returns no reasons if a node holds the task, even if its start is
    /// not confirmed, or if the task has ended or belongs to another queue.
    /// </summary>
    public WhyReply Of(TaskId id)
    {
        if (!tasks.TryFind(id, out var slot))
            return WhyReply.None;
        ref var task = ref tasks[slot];
        var reply = task.State switch
        {
            TaskState.Scheduled => OfScheduled(in task),
            TaskState.Queued => OfQueued(in task),
            _ => WhyReply.None,
        };
        var grown = task.Failures[FailureCause.OutOfMemory] > 0 ? task.Signature.Shape[ResourceName.Memory] : 0;
        return grown > 0 ? reply with { ReservedMemory = grown } : reply;
    }

    private WhyReply OfScheduled(in TaskSlot task)
    {
        var reasons = ImmutableArray.CreateBuilder<WaitReason>();
        if (task.Attempt > 0 && task.DueAt != TaskSlot.Never)
            reasons.Add(new WaitReason("backoff", $"Attempt {task.Attempt} failed; the next one may start at {Text(task.DueAt)}."));
        else if (task.DueAt != TaskSlot.Never)
            reasons.Add(new WaitReason("not-before", $"Its runAt is {Text(task.DueAt)}."));
        if (task.IsForEach && items.OfNode(task.Id) is { IsBegun: true } node)
            return OfItems(node);
        if (task.IsJob && jobs.OfNode(task.Id) is { IsBegun: true } begun)
            return OfJob(begun);
        var (count, first) = tasks.Dependencies.Waits(task.Id);
        if (count > 0)
        {
            var detail = $"It waits for {Counted(count, "task")} that {(count == 1 ? "has" : "have")} not ended.";
            reasons.Add(new WaitReason("waiting-for", detail, Count: count, Tasks: first));
        }
        else if (task.IsHeld)
            reasons.Add(new WaitReason("waiting-for", "The tasks that it waits for have ended; it will be queued or "
                + "skipped next.", Count: 0));
        reasons.AddRange(Pause());
        return count > 0 || task.DueAt == TaskSlot.Never || limits.Settings.Paused
            ? new WhyReply(reasons.ToImmutable(), null)
            : new WhyReply(reasons.ToImmutable(), task.DueAt, EstimateConfidence.Exact);
    }

    private static WhyReply OfItems(LiveItems node)
    {
        var (count, first) = node.Open;
        var detail = node.IsListing ? "Its items are being read." : $"The tasks of {Counted(count, "item")} have not ended.";
        return new WhyReply([new WaitReason("waiting-for", detail, Count: count, Tasks: first)], null);
    }

    private static WhyReply OfJob(LiveNodeJob node)
    {
        var detail = node.Job is { } job ? $"Its data job {job} has not ended." : "Its data job is being started.";
        return new WhyReply([new WaitReason("waiting-for", detail)], null);
    }

    private static string Text(long time) => Timestamps.Format(time);

    private IEnumerable<WaitReason> Pause() =>
        limits.Settings.Paused ? [new WaitReason(HoldCause.QueuePaused.Code(), $"The queue {limits.Settings.Name} is paused.")] : [];

    private IEnumerable<WaitReason> Limited()
    {
        var (running, most) = (tasks.Counts.Leased, limits.Settings.MaxRunning);
        foreach (var reason in Pause())
            yield return reason;
        if (limits.BlackoutUntil is { } end)
        {
            yield return end == long.MaxValue
                ? new WaitReason(HoldCause.Blackout.Code(), $"The queue {limits.Settings.Name} has a blackout without an end.")
                : new WaitReason(HoldCause.Blackout.Code(), $"The queue {limits.Settings.Name} has a blackout until {Text(end)}.", Until: end);
        }

        if (running >= most)
        {
            var detail = $"The queue runs {Counted(running, "task")}, and maxRunning is {most}.";
            yield return new WaitReason(HoldCause.MaxRunning.Code(), detail, Count: running);
        }

        if (matching.RateHeldUntil is { } next)
        {
            yield return new WaitReason(
                HoldCause.RateLimited.Code(), $"The queue starts {limits.Settings.RatePerSecond} tasks a second; the next may start at {Text(next)}.",
                Until: next);
        }
    }

    // no-free-slot does not mean that all nodes are full: a matching node may not have granted this queue a slot yet.
    // The number of tasks ahead is an estimate once it reaches the thousands, and excludes tasks that recovery has not
    // read yet.
    private WhyReply OfQueued(in TaskSlot task)
    {
        var signature = task.Signature;
        var reasons = ImmutableArray.CreateBuilder<WaitReason>();
        reasons.AddRange(Limited());
        if (task is { IsParked: true, Gate: { } gate })
            reasons.Add(OfKey(in task, gate));
        var accepting = nodes.All.Where(static node => node.Accepts).ToArray();
        if (signature.Pin is { } pin && !accepting.Any(node => node.Id == pin))
        {
            var fault = nodes.Find(pin)?.Fleet is null ? "is not connected" : "does not accept work";
            reasons.Add(new WaitReason(
                HoldCause.NoMatchingNode.Code(), $"It may run only on the node {pin}, which {fault}."));
        }
        else if (accepting.Length == 0)
            reasons.Add(new WaitReason(HoldCause.NoMatchingNode.Code(), "No connected worker node accepts work."));
        else if (!accepting.Any(node => node.Meets(signature)))
        {
            reasons.Add(new WaitReason(
                HoldCause.NoMatchingNode.Code(), accepting.Length == 1
                    ? $"No node that accepts work {Asked(signature)}.{Lacking(signature, accepting)}"
                    : $"None of the {accepting.Length} nodes that accept work {Asked(signature)}.{Lacking(signature, accepting)}"));
        }

        var isLimited = reasons.Count > 0;
        var fitting = accepting.Where(node => node.Meets(signature)).ToArray();
        var resting = fitting.Where(static node => node.Rest.IsResting).ToArray();
        if (resting.Length > 0)
        {
            var until = resting.Min(static node => node.Rest.Until);
            var detail = $"Of {Counted(fitting.Length, "matching node")}, {resting.Length} refused tasks "
                + $"and will get none until {Text(until)}.";
            reasons.Add(new WaitReason(HoldCause.NodeResting.Code(), detail, Count: resting.Length, Until: until));
        }

        if (!isLimited && resting.Length < fitting.Length)
            reasons.Add(signature.Shape.IsEmpty ? OfSlots([.. fitting.Except(resting)]) : OfResources(signature, [.. fitting.Except(resting)]));
        var ahead = tasks.Ready.CountAhead(in task);
        if (ahead > 0 && accepting.Length > 0)
            reasons.Add(new WaitReason("ahead-of-it", $"{Counted(ahead, "ready task")} {(ahead == 1 ? "is" : "are")} ahead of it."));
        if (!tasks.Ready.IsComplete)
            reasons.Add(new WaitReason(HoldCause.Starting.Code(), "The queue is being read after a restart; other tasks may come first."));
        // The admitted tasks of its key are among the ready ones.
        var parked = task is { IsParked: true, Gate: { } own } ? own.CountParkedBefore(in task) : 0;
        return forecasts.Of(in task) is { } estimate
            ? new WhyReply(reasons.ToImmutable(), estimate.At, estimate.Confidence, estimate.Range, ahead + parked + 1)
            : new WhyReply(reasons.ToImmutable(), null, Position: ahead + parked + 1);
    }

    private static string Counted(long count, string noun) => count == 1 ? $"1 {noun}" : $"{count} {noun}s";

    private static WaitReason OfSlots(DispatchNode[] nodes)
    {
        if (!nodes.All(Forecasts.IsShareUsed))
            return new WaitReason(HoldCause.NoFreeSlot.Code(), "All slots of the nodes that could run it are in use.");
        var (share, all) = (nodes.Sum(static node => node.Grant.Share * node.Slots), nodes.Sum(static node => node.Slots));
        return new WaitReason(
            HoldCause.ShareUsed.Code(),
            string.Create(
                CultureInfo.InvariantCulture,
                $"Other queues use the remaining slots: this queue's weight gives it {share:0.##} of {all} slots."));
    }

    // What other queues hold on a node is known only to the node.
    private WaitReason OfResources(Signature signature, DispatchNode[] nodes)
    {
        var keepers = tasks.Ready.Signatures.All
            .Where(other => other.Group?.ReservedAt is not null && other.Group != signature.Group
                && other.ReadyCount > 0 && other.Shape.Overlaps(signature.Shape))
            .ToLookup(static other => other.Group!.ReservedAt!);
        if (nodes.All(node => keepers.Contains(node.Id)))
        {
            return new WaitReason(
                "reserved-for-larger",
                $"{nodes[0].Id} keeps what becomes free for a task that needs {keepers[nodes[0].Id].First().Shape.Describe()} and has waited longer.");
        }

        var nearest = nodes.MaxBy(node => LeftFor(signature.Shape, node))!;
        var own = UsedOn(nearest);
        var parts = signature.Shape.Amounts.Select(one =>
        {
            var offered = nearest.Fleet!.Offers[one.Name];
            return $"{ResourceForms.Describe(one.Name, offered)}, of which this queue's tasks have "
                + ResourceForms.Format(one.Name, own[one.Name]);
        });
        var reserved = signature.Group?.ReservedAt is { } id ? $" {id} keeps for it what becomes free there." : "";
        return new WaitReason(
            HoldCause.NoFreeResource.Code(),
            $"It needs {signature.Shape.Describe()}. {nearest.Id} offers {string.Join("; ", parts)}.{reserved}");
    }

    // The part of the node's resources that would be left, in the scarcest one.
    private static double LeftFor(ResourceVector shape, DispatchNode node)
    {
        var (own, offers) = (UsedOn(node), node.Fleet!.Offers);
        return shape.Amounts.Min(one => (offers[one.Name] - own[one.Name] - one.Amount) / (double)offers[one.Name]);
    }

    private static ResourceVector UsedOn(DispatchNode node) => node.Shaped.Aggregate(
        ResourceVector.None, static (sum, room) => sum.Plus(room.Shape, room.Count));

    // What the node that comes closest lacks; empty if the task asks for nothing.
    private static string Lacking(Signature signature, DispatchNode[] nodes)
    {
        if (signature.Shape.IsEmpty || nodes.Length == 0)
            return "";
        var nearest = nodes.MaxBy(node => signature.Shape.Amounts.Sum(
            one => Math.Min(1, node.Fleet!.Offers[one.Name] / (double)one.Amount)))!;
        var lacks = signature.Shape.Amounts.Where(one => one.Amount > nearest.Fleet!.Offers[one.Name])
            .Select(one => nearest.Fleet!.Offers[one.Name] is var has and > 0
                ? $"only {ResourceForms.DescribePart(one.Name, has, one.Amount)} that the task needs"
                : $"no {one.Name} (the task needs {ResourceForms.Format(one.Name, one.Amount)})")
            .ToArray();
        return lacks.Length == 0 ? "" : $" The closest node, {nearest.Id}, offers {string.Join(" and ", lacks)}.";
    }

    private static WaitReason OfKey(in TaskSlot task, ConcurrencyGate gate)
    {
        var detail = $"{Counted(gate.Running, "task")} with the concurrency key '{gate.Key}' "
            + $"{(gate.Running == 1 ? "is" : "are")} at nodes; it starts when fewer than {task.KeyLimit} are.";
        return new WaitReason(HoldCause.ConcurrencyKey.Code(), detail, Count: gate.CountBefore(in task));
    }

    // Returns the predicate of "None of the nodes …". Gateways do not ask about chunk runs, which need a node that
    // evaluates chunks.
    private static string Asked(Signature signature)
    {
        List<string> wishes = [];
        var labels = signature.Requires.Select(static label => $"{label.Key}={label.Value}").ToList();
        if (labels.Count > 0)
            wishes.Add("carries the labels " + string.Join(", ", labels));
        var limits = Capabilities.Aggregate(signature.Limits, static (rest, one) => rest & ~one.Need);
        if (limits != Limits.None)
            wishes.Add("can enforce the limits " + limits);
        wishes.AddRange(
            Capabilities.Where(one => signature.Limits.HasFlag(one.Need)).Select(static one => one.Predicate));
        if (!signature.Shape.IsEmpty)
            wishes.Add("offers " + signature.Shape.Describe());
        // A task without requirements fits every node but those that only run handlers.
        return wishes.Count > 0 ? string.Join(" and ", wishes) : "runs commands: they only run handlers";
    }
}
