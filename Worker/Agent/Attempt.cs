using System.Diagnostics;
using OrleansTasks.Worker.Processes;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.Worker.Agent;

/// <summary>
/// One attempt as its worker holds it. Everything that changes is read and written under the agent's gate.
/// </summary>
internal sealed class Attempt(Lease lease, UInt128 token, AttemptPhase phase)
{
    /// <summary>The attempt's lease, as the master sent it.</summary>
    internal Lease Lease { get; } = lease;

    /// <summary>The lease's token.</summary>
    internal UInt128 Token { get; } = token;

    /// <summary>Where it stands.</summary>
    internal AttemptPhase Phase { get; set; } = phase;

    /// <summary>What it runs; null for one that only its lease is known of.</summary>
    internal Start? Start { get; init; }

    /// <summary>The timestamp at which it is refused, if it still waits for a slot then.</summary>
    internal long WaitEnds { get; init; }

    /// <summary>Its process; null until it was given to the host.</summary>
    internal IStoppable? Process { get; set; }

    /// <summary>Its span; null while nobody traces.</summary>
    internal Activity? Span { get; set; }

    /// <summary>How long after a cancel's SIGTERM its SIGKILL comes.</summary>
    internal TimeSpan KillGrace { get; init; }

    /// <summary>Whether a cancel has come.</summary>
    internal bool CancelWanted { get; set; }

    /// <summary>Why the agent killed it, if it did.</summary>
    internal StopCause Cause { get; set; }

    /// <summary>Of one that is refused: whether a process of it had begun, and was killed.</summary>
    internal bool HadBegun { get; set; }

    /// <summary>The timestamp from which its start is worth a message of its own.</summary>
    internal long StartedDue { get; set; }

    /// <summary>Of one that is refused: whether the reason is the worker's own.</summary>
    internal bool IsUnable { get; set; }

    /// <summary>Its result, once it has ended.</summary>
    internal Result? Result { get; set; }

    /// <summary>Whether the master rejected its result, so that only how it ended is reported.</summary>
    internal bool IsResultPlain { get; set; }

    /// <summary>The timestamp at which its result was ready.</summary>
    internal long EndedAt { get; set; }

    /// <summary>Whether its result is in the spool on disk.</summary>
    internal bool Spooled { get; set; }
}
