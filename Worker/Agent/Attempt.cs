using System.Diagnostics;
using OrleansTasks.Worker.Processes;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.Worker.Agent;

/// <summary>
/// One attempt as its worker holds it. All mutable properties are read and written under the agent's gate.
/// </summary>
internal sealed class Attempt(Lease lease, UInt128 token, AttemptPhase phase)
{
    /// <summary>The attempt's lease, as the master sent it.</summary>
    internal Lease Lease { get; } = lease;

    /// <summary>The lease's token.</summary>
    internal UInt128 Token { get; } = token;

    /// <summary>The attempt's phase.</summary>
    internal AttemptPhase Phase { get; set; } = phase;

    /// <summary>The command to run; null if only the lease is known.</summary>
    internal Start? Start { get; init; }

    /// <summary>The timestamp at which the attempt is refused if it still waits for a slot.</summary>
    internal long WaitEnds { get; init; }

    /// <summary>The GPUs that the attempt has, by index.</summary>
    internal IReadOnlyList<int> Gpus { get; set; } = [];

    /// <summary>The cores that the attempt has to itself, by the kernel's numbers; empty if it has none.</summary>
    internal IReadOnlyList<int> Cores { get; set; } = [];

    /// <summary>The process; null until it was passed to the host.</summary>
    internal IStoppable? Process { get; set; }

    /// <summary>The trace span; null if nothing listens.</summary>
    internal Activity? Span { get; set; }

    /// <summary>The time between a cancel's SIGTERM and SIGKILL.</summary>
    internal TimeSpan KillGrace { get; init; }

    /// <summary>Whether a cancel was received.</summary>
    internal bool CancelWanted { get; set; }

    /// <summary>Why the agent killed the attempt, if it did.</summary>
    internal StopCause Cause { get; set; }

    /// <summary>Whether a process of a refused attempt had begun and was killed.</summary>
    internal bool HadBegun { get; set; }

    /// <summary>The timestamp from which the start is reported separately, without waiting for the result.</summary>
    internal long StartedDue { get; set; }

    /// <summary>Whether an attempt was refused for a reason of the worker's own.</summary>
    internal bool IsUnable { get; set; }

    /// <summary>The result, once the attempt has ended.</summary>
    internal Result? Result { get; set; }

    /// <summary>Whether the master rejected the result, so that it is reported again without the output.</summary>
    internal bool IsResultPlain { get; set; }

    /// <summary>The timestamp at which the result was ready.</summary>
    internal long EndedAt { get; set; }

    /// <summary>Whether the result is in the spool on disk.</summary>
    internal bool Spooled { get; set; }
}

/// <summary>The phase of an attempt on its worker.</summary>
/// <remarks>
/// <code>
/// Waiting ──► Running ──► Ending ──► Ended ──► Dropped
///    │                       │                    ▲
///    └───────────────────────┴────► Refused ──────┘
/// </code>
/// </remarks>
internal enum AttemptPhase
{
    /// <summary>The attempt waits for a slot, but only for a moment.</summary>
    Waiting,

    /// <summary>The process tree lives, or is about to.</summary>
    Running,

    /// <summary>The process tree is dead; the last output is being sent.</summary>
    Ending,

    /// <summary>The result waits to be settled.</summary>
    Ended,

    /// <summary>The refusal waits to be settled.</summary>
    Refused,

    /// <summary>The attempt is over, and nothing is left to report.</summary>
    Dropped,
}

/// <summary>What a worker does with a Start.</summary>
internal enum StartDecision
{
    /// <summary>The attempt takes a slot and runs.</summary>
    Run,

    /// <summary>The attempt runs when a slot is free, or is refused soon.</summary>
    Wait,

    /// <summary>The attempt is already known, or its token cannot be read.</summary>
    Ignore,

    /// <summary>The attempt is refused, and a report says so.</summary>
    Refuse,

    /// <summary>The attempt's lease is over. Nothing is reported, because the master knows.</summary>
    PassOver,
}

/// <summary>Why the agent killed an attempt.</summary>
internal enum StopCause
{
    /// <summary>The agent did not kill it.</summary>
    None,

    /// <summary>The master said that the lease is not current, or that the attempt must not begin any more.</summary>
    Revoked,

    /// <summary>The lease could not be renewed in time.</summary>
    LeaseLapsed,

    /// <summary>The worker shuts down; the attempt is put back uncounted.</summary>
    Shutdown,
}
