namespace OrleansTasks.Storage;

/// <summary>
/// The store cannot be read or written now, and nothing was written; or this activation does not own its queue any more.
/// The caller may repeat.
/// </summary>
[GenerateSerializer, Alias("ot.StoreUnavailableException")]
public sealed class StoreUnavailableException : Exception
{
    /// <summary>Makes one without a message of its own.</summary>
    public StoreUnavailableException() : this("The store is out of reach.") { }

    /// <summary>Makes one that says what is wrong, for operators; no path of the server in it.</summary>
    public StoreUnavailableException(string message) : base(message) { }

    /// <summary>Makes one that keeps its cause.</summary>
    public StoreUnavailableException(string message, Exception? cause) : base(message, cause) { }
}
