using OrleansTasks.Worker.Processes.Interop;
using OrleansTasks.Worker.Processes.Users;

namespace OrleansTasks.Worker.Processes;

internal sealed partial class TreeKeeper
{
    /// <summary>
    /// Adds new orphans, forgets those that are gone, and reaps the dead. Called only on the keeper's thread.
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
        if (owner is null || IsUnknownLeader(stat))
        {
            // Its command may be starting right now. Or it is itself a starting command, and an ending program of the
            // same job has the same marks. Once no loop is inside a start, all commands are known.
            AwaitStarts();
            told = TryFindOwner(stat, out owner);
        }
        orphan.Owner = owner;
        // It left its session and hides its environment, so it stays while any attempt runs that it may belong to.
        if (!told && !stat.IsDead) orphan.Candidates = [.. leaders.Values];
        return orphan;
    }

    private bool IsUnknownLeader(in ProcessStat stat) => stat.Pid == stat.Session && !leaders.ContainsKey(stat.Pid);

    /// <summary>
    /// Finds the owner of an orphan; null if that attempt is over. Returns false if the owner cannot be determined.
    /// </summary>
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

    /// <summary>
    /// Finds the owner by user. A user that only one attempt has is the one mark that its processes cannot change.
    /// </summary>
    private bool TryFindByUser(int pid, out RunningProcess? owner)
    {
        owner = null;
        uint? uid = null;
        foreach (var (_, process) in leaders)
        {
            if (process.User is not { IsOfOneTask: true } own) continue;
            // A process that is gone counts as root's, which no task is.
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
            // It is our child and not reaped, so its id has not been reused. Its group may have changed.
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

    /// <summary>Adds the orphans that are known to belong to an attempt, with their descendants.</summary>
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
    /// Whether an attempt is over for good: none of its processes was in the last list. A process that was reaped since
    /// may have left a child behind that the list did not have yet, so the list is read again.
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
