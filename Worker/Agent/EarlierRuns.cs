using System.Collections.Immutable;

namespace OrleansTasks.Worker.Agent;

/// <summary>The known facts about a worker's earlier runs.</summary>
public readonly record struct EarlierRuns
{
    private readonly ImmutableArray<long> sessions;

    /// <summary>Records that the earlier runs are all dead, or that nothing is known.</summary>
    /// <param name="areDead">See <see cref="AreDead"/>.</param>
    public EarlierRuns(bool areDead) => AreDead = areDead;

    /// <summary>Records that some sessions are dead.</summary>
    /// <param name="deadSessions">See <see cref="DeadSessions"/>.</param>
    public EarlierRuns(ImmutableArray<long> deadSessions) => sessions = deadSessions;

    /// <summary>Whether no process of any earlier run can be alive.</summary>
    public bool AreDead { get; }

    /// <summary>The sessions of which no process can be alive, if that is known only for some.</summary>
    public ImmutableArray<long> DeadSessions => sessions.IsDefault ? [] : sessions;

    /// <summary>Whether nothing is known.</summary>
    public bool IsNothing => !AreDead && DeadSessions.IsEmpty;
}
