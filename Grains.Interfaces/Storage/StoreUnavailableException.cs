namespace OrleansTasks.Storage;

/// <summary>
/// The exception for a store that could not be reached, or a queue that this activation no longer owns. Nothing was
/// read or written, so the caller may try again.
/// </summary>
[GenerateSerializer, Alias("ot.StoreUnavailableException")]
public sealed class StoreUnavailableException : Exception
{
    /// <summary>Uses the default message.</summary>
    public StoreUnavailableException() : this("The store is out of reach.") { }

    /// <summary>Uses a message for operators. It must not contain paths on the server.</summary>
    public StoreUnavailableException(string message) : base(message) { }

    /// <summary>Uses a message and the exception that caused this one.</summary>
    public StoreUnavailableException(string message, Exception? cause) : base(message, cause) { }
}
