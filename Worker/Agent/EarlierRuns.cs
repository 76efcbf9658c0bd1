using System.Collections.Immutable;

namespace OrleansTasks.Worker.Agent;

/// <summary>What is known of the runs of a worker before this one.</summary>
public readonly record struct EarlierRuns
{
    private readonly ImmutableArray<long> sessions;

    /// <summary>Says that everything is dead, or nothing.</summary>
    /// <param name="areDead">As <see cref="AreDead"/>.</param>
    public EarlierRuns(bool areDead) => AreDead = areDead;

    /// <summary>Says of some sessions that they are dead.</summary>
    /// <param name="deadSessions">As <see cref="DeadSessions"/>.</param>
    public EarlierRuns(ImmutableArray<long> deadSessions) => sessions = deadSessions;

    /// <summary>Whether nothing that any of them started can be alive.</summary>
    public bool AreDead { get; }

    /// <summary>The sessions of which nothing can be alive, where something of others may be.</summary>
    public ImmutableArray<long> DeadSessions => sessions.IsDefault ? [] : sessions;

    /// <summary>Whether nothing is known.</summary>
    public bool IsNothing => !AreDead && DeadSessions.IsEmpty;
}
