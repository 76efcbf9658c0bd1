using OrleansTasks.Worker.Processes.Interop;

namespace OrleansTasks.Worker.Processes;

/// <summary>A child of this process that it did not start as a command.</summary>
internal sealed class Orphan(ProcessStat stat)
{
    private int ended = -1;

    /// <summary>What it was when first seen.</summary>
    internal ProcessStat Stat { get; } = stat;

    /// <summary>The attempt it belongs to; null when that is not known, or over.</summary>
    internal RunningProcess? Owner { get; set; }

    /// <summary>When nothing tells whose it is: the attempts it may belong to.</summary>
    internal RunningProcess[]? Candidates { get; set; }

    /// <summary>Whether another component of this process started it, so that it is none of ours.</summary>
    internal bool IsForeign { get; set; }

    /// <summary>Whether it may not be killed (it changed its user, say).</summary>
    internal bool IsUntouchable { get; set; }

    /// <summary>Whether it belongs, or may belong, to an attempt that still runs, and so stays.</summary>
    internal bool MayLive => IsForeign || IsUntouchable || Owner is { IsRunning: true } ||
        (Candidates is { } candidates && Array.Exists(candidates, static c => c.IsRunning));

    /// <summary>Whether the end of this attempt waits for it.</summary>
    internal bool HoldsUp(RunningProcess process) =>
        !MayLive && (Owner is null ? Candidates is null || Array.IndexOf(Candidates, process) >= 0 : Owner == process);

    /// <summary>A descriptor that can be read when it has ended; negative when there is none.</summary>
    internal int WhenEnded() => ended >= 0 ? ended : ended = Libc.OpenProcess(Stat.Pid);

    /// <summary>Lets go of the descriptor.</summary>
    internal void Forget() => Descriptors.Close(ref ended);
}
