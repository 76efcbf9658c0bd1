namespace OrleansTasks.Worker.Agent;

/// <summary>Where an attempt stands on its worker.</summary>
internal enum AttemptPhase
{
    /// <summary>It waits for a slot, for a moment at most.</summary>
    Waiting,

    /// <summary>Its process tree lives, or is about to.</summary>
    Running,

    /// <summary>Its tree is dead; its last output is on its way.</summary>
    Ending,

    /// <summary>Its result waits to be settled.</summary>
    Ended,

    /// <summary>Its refusal waits to be settled.</summary>
    Refused,

    /// <summary>Over, with nothing left to tell.</summary>
    Dropped,
}
