using System.Diagnostics.CodeAnalysis;
using OrleansTasks.Worker.Handover;
using OrleansTasks.Worker.Processes.Interop;
using OrleansTasks.Worker.Processes.Limits;

namespace OrleansTasks.Worker.Processes;

/// <summary>
/// Holds everything still that a host does, so that another program can take over its commands: no command is started,
/// read, signalled or reaped. The commands themselves continue. Taken and ended on one thread.
/// </summary>
/// <remarks>
/// The order matters, since a thread that is held must not hold what another one needs to arrive: first the loops, then
/// slow starts, then the gates of the commands, and last the keeper, which still sends the signals that it was asked to
/// send.
/// </remarks>
internal sealed class HostFreeze : IDisposable
{
    private static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(1);

    private readonly SpawnLoop[] loops;
    private readonly HostParts parts;
    private readonly List<RunningProcess> held = [];
    private readonly Dictionary<RunningProcess, Slot> slots = [];
    private readonly Pause loopPause;
    private readonly Pause keeperPause = new(1);

    private HostFreeze(SpawnLoop[] loops, HostParts parts)
    {
        (this.loops, this.parts) = (loops, parts);
        loopPause = new(loops.Length);
    }

    /// <summary>
    /// Freezes a host. Returns null if something cannot be held within the limit, such as a command that is being
    /// started from a file system that does not respond; the host then continues.
    /// </summary>
    [SuppressMessage("Reliability", "CA2000", Justification = "The caller disposes the freeze that is returned.")]
    internal static HostFreeze? TryTake(SpawnLoop[] loops, HostParts parts, TimeSpan limit)
    {
        var freeze = new HostFreeze(loops, parts);
        if (freeze.TryTake(limit)) return freeze;
        freeze.Dispose();
        return null;
    }

    /// <summary>The commands that have been started and not completed.</summary>
    internal IEnumerable<RunningProcess> Started => held.Where(static process => process.ProcessId != 0 && process.Outcome is null);

    /// <summary>Returns what another program needs to take over a command that has been started.</summary>
    internal ProcessRecord ToRecord(RunningProcess process) =>
        slots.TryGetValue(process, out var slot) ? process.ToRecord(slot.Output, slot.Error) : process.ToRecord(-1, -1);

    /// <summary>Returns what another program needs to take over the host.</summary>
    /// <param name="handedOver">The commands that continue.</param>
    internal HostRecord ToRecord(IReadOnlySet<RunningProcess> handedOver)
    {
        var record = new HostRecord
        {
            LastFolder = WorkFolders.Last,
            LastGroup = LimitEnforcer.Last,
            TagsUsed = TreeKeeper.Shared.Tags.Used,
        };
        foreach (var process in Started)
            if (process.IsRunning && !handedOver.Contains(process)) record.Doomed.Add(new DoomedRecord { Pid = process.ProcessId, Tag = process.Tag });
        return record;
    }

    /// <summary>
    /// Kills the commands that the earlier program did not hand over. The keeper finds them among this process's
    /// children, and reaps them. Called first, so that nothing writes into folders that are being removed.
    /// </summary>
    internal static void KillDoomed(HostRecord record, TimeProvider time)
    {
        // They are not reaped, so their ids have not been reused.
        foreach (var doomed in record.Doomed) _ = Libc.kill(-doomed.Pid, Libc.SIGKILL);
        var began = time.GetTimestamp();
        foreach (var doomed in record.Doomed) AwaitEnd(doomed.Pid, EndLimit - time.GetElapsedTime(began));
    }

    /// <summary>Lets the host continue.</summary>
    public void Dispose()
    {
        keeperPause.End();
        foreach (var process in held) process.Release();
        held.Clear();
        TreeKeeper.Shared.Thaw();
        loopPause.End();
    }

    private bool TryTake(TimeSpan limit)
    {
        foreach (var loop in loops) loop.PauseAt(loopPause);
        if (!loopPause.AwaitAll(limit) || !TreeKeeper.Shared.TryFreeze(limit)) return false;
        foreach (var (process, _) in parts.Running)
        {
            if (!process.TryHold(limit)) return false;
            held.Add(process);
        }
        foreach (var loop in loops)
            foreach (var slot in loop.Followed) slots[slot.Process!] = slot;
        // A command that a slow start has just spawned may be on its way to its loop.
        if (Started.Any(process => process.IsRunning && !slots.ContainsKey(process))) return false;
        TreeKeeper.Shared.PauseAt(keeperPause);
        return keeperPause.AwaitAll(limit);
    }

    private static unsafe void AwaitEnd(int pid, TimeSpan limit)
    {
        var descriptor = Libc.OpenProcess(pid);
        if (descriptor < 0) return;
        var wanted = new Libc.PollDescriptor { Descriptor = descriptor, Events = Libc.POLLIN };
        _ = Libc.poll(&wanted, 1, (int)Math.Max(0, limit.TotalMilliseconds));
        _ = Libc.close(descriptor);
    }
}
