namespace Orleans;

/// <summary>Kinds of <see cref="DeactivationReason"/>. Embedded gives only some of them.</summary>
public enum DeactivationReasonCode : byte
{
    /// <summary>None was given.</summary>
    None = 0,

    /// <summary>The host stops.</summary>
    ShuttingDown = 1,

    /// <summary>The activation could not be activated.</summary>
    ActivationFailed = 2,

    /// <summary>The directory could not be asked.</summary>
    DirectoryFailure = 3,

    /// <summary>Nobody called for long enough.</summary>
    ActivationIdle = 4,

    /// <summary>A request runs for ever.</summary>
    ActivationUnresponsive = 5,

    /// <summary>The grain is active elsewhere.</summary>
    DuplicateActivation = 6,

    /// <summary>A request needs another version.</summary>
    IncompatibleRequest = 7,

    /// <summary>The grain's code failed.</summary>
    ApplicationError = 8,

    /// <summary>The grain asked for it.</summary>
    ApplicationRequested = 9,

    /// <summary>The grain moves.</summary>
    Migrating = 10,

    /// <summary>The runtime asked for it.</summary>
    RuntimeRequested = 11,

    /// <summary>Memory is short.</summary>
    HighMemoryPressure = 12,
}
