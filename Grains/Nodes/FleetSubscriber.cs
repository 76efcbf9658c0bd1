namespace OrleansTasks.Nodes;

/// <summary>
/// A dispatcher's subscription to changes of the fleet. A renewal replaces the whole object, so a call that is still under way for the old
/// one does not hold up the new one. Times are Unix milliseconds of a steady clock.
/// </summary>
/// <param name="until">When the subscription ends.</param>
/// <param name="version">The newest version of the fleet that the dispatcher has.</param>
internal sealed class FleetSubscriber(long until, long version)
{
    /// <summary>When the subscription ends.</summary>
    internal long Until => until;

    /// <summary>The newest version that was sent, or is being sent, whether the dispatcher took it or not.</summary>
    internal long Version { get; set; } = version;

    /// <summary>Whether a call is under way. When it ends, the newest version is sent if it is newer than <see cref="Version"/>.</summary>
    internal bool IsBeingTold { get; set; }
}
