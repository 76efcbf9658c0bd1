namespace OrleansTasks.Storage;

/// <summary>Nothing was read or written, or this activation lost its queue. The caller may repeat.</summary>
[GenerateSerializer, Alias("ot.StoreUnavailableException")]
public sealed class StoreUnavailableException : Exception
{
    /// <summary>Uses the default message.</summary>
    public StoreUnavailableException() : this("The store is out of reach.") { }

    /// <summary>Describes the problem for operators, without paths of the server.</summary>
    public StoreUnavailableException(string message) : base(message) { }

    /// <summary>Keeps the cause.</summary>
    public StoreUnavailableException(string message, Exception? cause) : base(message, cause) { }
}
