namespace OrleansTasks.Worker.Agent;

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
