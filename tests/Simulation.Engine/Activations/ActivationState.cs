namespace OrleansTasks.Simulation.Engine;

/// <summary>
/// Life of an activation. It only moves on:
/// <list type="table">
/// <item><term>Created</term><description>nobody called yet; the first request makes it Activating</description></item>
/// <item><term>Activating</term><description>is constructed, or in OnActivateAsync; becomes Valid, or Invalid when that fails</description></item>
/// <item><term>Valid</term><description>runs requests; Deactivate or idleness makes it Deactivating</description></item>
/// <item><term>Deactivating</term><description>starts no new request; Invalid once none runs and OnDeactivateAsync is over</description></item>
/// <item><term>Invalid</term><description>over; requests that wait here go to the next activation</description></item>
/// </list>
/// </summary>
internal enum ActivationState
{
    /// <summary>Nobody called yet.</summary>
    Created,

    /// <summary>Is constructed, or in OnActivateAsync.</summary>
    Activating,

    /// <summary>Runs requests.</summary>
    Valid,

    /// <summary>Starts no new request; ends when none runs.</summary>
    Deactivating,

    /// <summary>Over.</summary>
    Invalid,
}
