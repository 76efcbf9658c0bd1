namespace OrleansTasks.Worker.Agent;

/// <summary>What becomes of a Start.</summary>
internal enum StartDecision
{
    /// <summary>It takes a slot and runs.</summary>
    Run,

    /// <summary>It runs when a slot is free, or is refused before long.</summary>
    Wait,

    /// <summary>It is known already, or cannot be read.</summary>
    Ignore,

    /// <summary>It is refused, which a report will say.</summary>
    Refuse,

    /// <summary>Its lease is over, and nothing is told: the master knows.</summary>
    PassOver,
}
