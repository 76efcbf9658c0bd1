namespace OrleansTasks.Tasks;

internal sealed partial class DispatchCore
{
    /// <summary>The newest description of the fleet that was taken.</summary>
    public long FleetVersion => fleetVersion;

    /// <summary>
    /// The wall clock was set, by so many milliseconds: what counts from an earlier time counts on as if it had not
    /// been. Times
    /// of day, as <c>runAt</c> and <c>expiresAt</c> are, stay what they are; a backoff is never longer than its bound.
    /// </summary>
    public void ClockStepped(long by, long now)
    {
        foreach (var slot in tasks.Slots)
        {
            ref var task = ref tasks[slot];
            if (task.Chunk is not null && task.Lease is { StartedAt: > 0 } held)
                held.StartedAt += by;
            if (task.State != TaskState.Scheduled || task.Attempt == 0 || task.DueAt <= now + task.Policy.MaxBackoff)
                continue;
            task.DueAt = now + task.Policy.MaxBackoff;
            WatchTimes(ref task, slot);
        }

        leaseTimes = null;
        straggleLookAt += by;
        demandsAt += by;
        if (demandsDue != long.MaxValue)
            demandsDue += by;
        foreach (var node in resting)
            node.RestsUntil += by;
        foreach (var node in nodes.Values)
        {
            node.ClockStepped(by);
            node.HasLeaseCheck = false;
            if (node.Leases.Count > 0)
                WatchLeases(node, node.Leases.Values.Min(held => LapsesAt(node, held)));
            Rank(node);
        }
    }
}
