namespace OrleansTasks.Storage;

/// <summary>
/// Thrown if the store refused a write for its data: it is invalid, too large, or contradicts what is stored. Nothing
/// was written, and nothing else is wrong with the store. The same write would be refused again, so no caller may
/// repeat it; <see cref="StoreUnavailableException"/> is for a store that may accept it later.
/// </summary>
[GenerateSerializer, Alias("ot.StoreRefusedException")]
public sealed class StoreRefusedException : Exception
{
    /// <summary>Uses the default message.</summary>
    public StoreRefusedException() : this("The store refused the write.") { }

    /// <summary>Uses a message for operators. It must not contain paths on the server.</summary>
    public StoreRefusedException(string message) : base(message) { }

    /// <summary>Uses a message and the exception that caused this one.</summary>
    public StoreRefusedException(string message, Exception? cause) : base(message, cause) { }
}
