namespace OrleansTasks.Nodes;

/// <summary>A dispatcher that wants to hear of the fleet's changes.</summary>
/// <param name="until">When its subscription is over, unless it is renewed.</param>
/// <param name="version">The newest version of the fleet that it was told.</param>
internal sealed class FleetSubscriber(long until, long version)
{
    /// <summary>When its subscription is over.</summary>
    internal long Until => until;

    /// <summary>The newest version that it was told, or is being told.</summary>
    internal long Version { get; set; } = version;

    /// <summary>Whether it is being told, and will be told the newest version after that.</summary>
    internal bool IsBeingTold { get; set; }
}
