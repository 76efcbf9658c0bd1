namespace OrleansTasks.Storage;

/// <summary>Thrown when a request needs one more queue than the service allows. Nothing was written.</summary>
[GenerateSerializer, Alias("ot.TooManyQueuesException")]
public sealed class TooManyQueuesException : Exception
{
    /// <summary>Uses the default message.</summary>
    public TooManyQueuesException() : this("The service has reached its maximum number of queues.") { }

    /// <summary>Uses this message.</summary>
    public TooManyQueuesException(string message) : base(message) { }

    /// <summary>Uses a message and the exception that caused this one.</summary>
    public TooManyQueuesException(string message, Exception? cause) : base(message, cause) { }
}
