namespace OrleansTasks.Engine.Embedded;

/// <summary>Life of an activation. It only moves on.</summary>
internal enum ActivationState
{
    /// <summary>Nobody called yet.</summary>
    Created,

    /// <summary>Being constructed, or in OnActivateAsync.</summary>
    Activating,

    /// <summary>Runs requests.</summary>
    Valid,

    /// <summary>Runs no new request; ends when none runs.</summary>
    Deactivating,

    /// <summary>Over.</summary>
    Invalid,
}
