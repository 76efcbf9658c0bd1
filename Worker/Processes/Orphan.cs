using OrleansTasks.Worker.Processes.Interop;

namespace OrleansTasks.Worker.Processes;

/// <summary>A child of this process that was not started as a command.</summary>
internal sealed class Orphan(ProcessStat stat)
{
    private int ended = -1;

    /// <summary>The state of the process when it was first seen.</summary>
    internal ProcessStat Stat { get; } = stat;

    /// <summary>The attempt that it belongs to; null if that is unknown or over.</summary>
    internal RunningProcess? Owner { get; set; }

    /// <summary>The attempts that it may belong to, if its owner cannot be determined.</summary>
    internal RunningProcess[]? Candidates { get; set; }

    /// <summary>Whether another component of this process started it; such a process is left alone.</summary>
    internal bool IsForeign { get; set; }

    /// <summary>Whether the worker may not kill it, for example because it changed its user.</summary>
    internal bool IsUntouchable { get; set; }

    /// <summary>
    /// Whether it must not be killed: it belongs, or may belong, to a running attempt, or it is foreign or untouchable.
    /// </summary>
    internal bool MayLive => IsForeign || IsUntouchable || Owner is { IsRunning: true } ||
        (Candidates is { } candidates && Array.Exists(candidates, static c => c.IsRunning));

    /// <summary>Whether this attempt cannot end before the orphan is dead.</summary>
    internal bool HoldsUp(RunningProcess process) =>
        !MayLive && (Owner is null ? Candidates is null || Array.IndexOf(Candidates, process) >= 0 : Owner == process);

    /// <summary>Returns a descriptor that is readable once the process has ended; negative if there is none.</summary>
    internal int WhenEnded() => ended >= 0 ? ended : ended = Libc.OpenProcess(Stat.Pid);

    /// <summary>Closes the descriptor.</summary>
    internal void Forget() => Descriptors.Close(ref ended);
}
