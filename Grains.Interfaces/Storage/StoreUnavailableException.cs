namespace OrleansTasks.Storage;

/// <summary>
/// Thrown if nothing was read or written, or the activation lost its queue. The caller may try again.
/// </summary>
[GenerateSerializer, Alias("ot.StoreUnavailableException")]
public sealed class StoreUnavailableException : Exception
{
    /// <summary>Uses the default message.</summary>
    public StoreUnavailableException() : this("The store is unreachable.") { }

    /// <summary>Uses a message for operators. It must not contain paths on the server.</summary>
    public StoreUnavailableException(string message) : base(message) { }

    /// <summary>Uses a message and the exception that caused this one.</summary>
    public StoreUnavailableException(string message, Exception? cause) : base(message, cause) { }

    /// <summary>Whether the disk is nearly full, so that trying again within seconds is of no use.</summary>
    [Id(0)]
    public bool IsDiskLow { get; init; }

    /// <summary>
    /// Whether the activation that was called has ended, while the next call reaches another one that may succeed at
    /// once. Occurs when silos join, leave or are lost, and when a connection to the database breaks.
    /// </summary>
    [Id(1)]
    public bool IsOwnerReplaced { get; init; }

    /// <summary>Returns an equal exception for another caller, whose throw sets its own stack trace.</summary>
    public StoreUnavailableException ForAnotherCaller() =>
        new(Message, this) { IsDiskLow = IsDiskLow, IsOwnerReplaced = IsOwnerReplaced };
}
