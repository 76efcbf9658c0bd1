namespace OrleansTasks.Nodes;

/// <summary>
/// The subscription of one queue's dispatcher to changes of the fleet (all nodes).
/// <see cref="FleetGrain"/> keeps one for each queue and sends a snapshot of the fleet to the dispatcher after
/// every change. Snapshots have rising versions.
/// A dispatcher renews its subscription about every 10 seconds and receives the newest snapshot in the reply;
/// that makes up for a call that failed.
/// A renewal replaces the subscriber by a new one, so a call that hangs does not hold up later snapshots.
/// In memory only: a new activation of the fleet grain has no subscribers until they renew.
/// </summary>
/// <param name="until">When the subscription ends, in Unix milliseconds of the fleet grain's steady clock.</param>
/// <param name="version">The version of the snapshot in the reply to the subscription.</param>
internal sealed class FleetSubscriber(long until, long version)
{
    /// <summary>
    /// When the subscription ends, in Unix milliseconds of the fleet grain's steady clock.
    /// The fleet grain removes the subscription at the next change after this time.
    /// </summary>
    internal long Until => until;

    /// <summary>
    /// The newest version that was sent to the dispatcher, even if the call failed or has not returned.
    /// </summary>
    internal long Version { get; set; } = version;

    /// <summary>
    /// Whether a call to the dispatcher is under way. The fleet grain then starts no second call.
    /// When the call returns, the fleet grain sends the newest snapshot if it is newer than <see cref="Version"/>.
    /// </summary>
    internal bool IsBeingTold { get; set; }
}
