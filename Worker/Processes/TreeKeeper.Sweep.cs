using OrleansTasks.Worker.Processes.Interop;
using OrleansTasks.Worker.Processes.Users;

namespace OrleansTasks.Worker.Processes;

internal sealed partial class TreeKeeper
{
    /// <summary>
    /// Learns of new orphans, forgets those that are gone, reaps the dead. On the keeper's thread alone.
    /// </summary>
    private void Sweep(List<int> pids, bool isWhole)
    {
        reaped.Clear();
        if (isWhole && !known.IsEmpty)
        {
            var present = pids.ToHashSet();
            foreach (var (pid, orphan) in known)
                if (!present.Contains(pid)) Forget(orphan);
        }
        foreach (var pid in pids)
        {
            if (!ProcessStat.TryRead(pid, out var stat)) continue;
            if (!known.TryGetValue(pid, out var orphan) || orphan.Stat.StartTime != stat.StartTime)
            {
                if (orphan is not null) Forget(orphan);
                orphan = Identify(stat);
                known[pid] = orphan;
            }
            if (stat.IsDead && !orphan.IsForeign) Reap(orphan);
        }
    }

    private Orphan Identify(in ProcessStat stat)
    {
        var orphan = new Orphan(stat) { IsForeign = stat.Session == ownSession };
        if (orphan.IsForeign) return orphan;
        var told = TryFindOwner(stat, out var owner);
        if (owner is null)
        {
            // Its command may be starting at this moment: when no loop is inside a start, all are known.
            AwaitStarts();
            told = TryFindOwner(stat, out owner);
        }
        orphan.Owner = owner;
        // It has left its session and hides its environment: it stays while anything runs that it may belong to.
        if (!told && !stat.IsDead) orphan.Candidates = [.. leaders.Values];
        return orphan;
    }

    /// <summary>Tells whose an orphan is, null when that attempt is over; false when it cannot be told.</summary>
    private bool TryFindOwner(in ProcessStat stat, out RunningProcess? owner)
    {
        if (TryFindByUser(stat.Pid, out owner)) return true;
        if (leaders.TryGetValue(stat.Session, out owner) || Tags.TryFindOwner(stat.Pid, out owner)) return true;
        if (ProcessMarker.Of(stat.Pid) is not { } marker) return false;
        foreach (var (_, process) in leaders)
        {
            if (ProcessMarker.Of(process.Request.Environment) != marker) continue;
            owner = process;
            break;
        }
        return true;
    }

    /// <summary>A user that one attempt alone has is the one mark that its processes cannot change.</summary>
    private bool TryFindByUser(int pid, out RunningProcess? owner)
    {
        owner = null;
        uint? uid = null;
        foreach (var (_, process) in leaders)
        {
            if (process.User is not { IsOfOneTask: true } own) continue;
            if ((uid ??= ProcessUser.Of(pid) ?? 0) == own.Uid) owner = process;
        }
        return owner is not null;
    }

    private void KillOverdue()
    {
        foreach (var (_, orphan) in known)
        {
            if (orphan.MayLive) continue;
            var descendants = new List<ProcessStat>();
            ProcessTree.AddDescendants(orphan.Stat.Pid, descendants);
            // It is our child and not reaped, so its id is its own; the group may have changed since, the id not.
            if (Libc.kill(orphan.Stat.Pid, Libc.SIGKILL) < 0 && Libc.LastError == Libc.EPERM)
            {
                orphan.IsUntouchable = true;
                orphan.Owner?.Leave(orphan.Stat.Pid);
            }
            foreach (var descendant in descendants) _ = ProcessTree.Signal(descendant, Libc.SIGKILL);
        }
    }

    private void SignalOutsideGroup(RunningProcess process, int signal)
    {
        if (!process.IsRunning) return;
        var group = process.ProcessId;
        var tree = new List<ProcessStat>();
        ProcessTree.AddDescendants(group, tree);
        AddOrphans(process, tree);
        foreach (var stat in tree)
        {
            if (stat.Group == group || stat.IsDead) continue;
            _ = ProcessTree.Signal(stat, signal);
            if (signal == Libc.SIGTERM) _ = ProcessTree.Signal(stat, Libc.SIGCONT);
        }
    }

    /// <summary>Adds what is known to belong to an attempt and has lost its parent, with its descendants.</summary>
    internal void AddOrphans(RunningProcess process, List<ProcessStat> tree)
    {
        foreach (var (_, orphan) in known)
        {
            if (orphan.Owner != process && !(orphan.Candidates is [var only] && only == process)) continue;
            if (ProcessStat.TryRead(orphan.Stat.Pid, out var now)) tree.Add(now);
            ProcessTree.AddDescendants(orphan.Stat.Pid, tree);
        }
    }

    private unsafe void Reap(Orphan orphan)
    {
        Libc.ResourceUsage usage;
        int status;
        if (Libc.wait4(orphan.Stat.Pid, &status, Libc.WNOHANG | Libc.WALL, &usage) == orphan.Stat.Pid)
            orphan.Owner?.AddUsage(in usage);
        reaped.Add(orphan);
        Forget(orphan);
    }

    /// <summary>
    /// Whether an attempt is over for good: nothing of it was in the list that was read last. What was reaped since has perhaps
    /// left a child behind when it ended, which that list did not have yet.
    /// </summary>
    private bool IsOver(RunningProcess process)
    {
        foreach (var orphan in reaped)
        {
            if (!orphan.HoldsUp(process)) continue;
            Descriptors.Wake(wake);
            return false;
        }
        foreach (var (_, orphan) in known)
            if (orphan.HoldsUp(process)) return false;
        return true;
    }

    private void Forget(Orphan orphan)
    {
        known.TryRemove(new(orphan.Stat.Pid, orphan));
        orphan.Forget();
    }
}
