namespace OrleansTasks.Storage;

/// <summary>A request asked for one queue more than the service may have. Nothing was written.</summary>
[GenerateSerializer, Alias("ot.TooManyQueuesException")]
public sealed class TooManyQueuesException : Exception
{
    /// <summary>Uses the default message.</summary>
    public TooManyQueuesException() : this("The service has as many queues as it may.") { }

    /// <summary>Uses this message.</summary>
    public TooManyQueuesException(string message) : base(message) { }

    /// <summary>Keeps the cause.</summary>
    public TooManyQueuesException(string message, Exception? cause) : base(message, cause) { }
}
