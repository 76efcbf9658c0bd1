namespace OrleansTasks.Worker.Agent;

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
