namespace OrleansTasks.Nodes;

/// <summary>
/// A dispatcher's subscription to the fleet. A renewal replaces it, so a hanging call does not hold up later snapshots.
/// </summary>
internal sealed class FleetSubscriber(long until, long version)
{
    /// <summary>When the subscription ends, in Unix milliseconds of the fleet grain's steady clock.</summary>
    internal long Until => until;

    /// <summary>The newest version sent, even if the call failed or is under way.</summary>
    internal long Version { get; set; } = version;

    /// <summary>Whether a call is under way; the newest snapshot follows.</summary>
    internal bool IsBeingTold { get; set; }
}
